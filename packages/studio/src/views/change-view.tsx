export function ChangeView() {
  return <p>change</p>;
}
