export function BringView() {
  return <p>bring</p>;
}
