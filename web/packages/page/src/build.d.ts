/** The panel's place at the node, named by its content; the build fills it in. */
declare const PANEL: string;

declare module "*.css?inline" {
  const text: string;
  export default text;
}
