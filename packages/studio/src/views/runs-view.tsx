export function RunsView() {
  return <p>runs</p>;
}
