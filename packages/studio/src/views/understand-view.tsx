export function UnderstandView() {
  return <p>understand</p>;
}
