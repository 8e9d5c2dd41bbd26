import { expect, test } from "vitest";
import { ownSource, ownSources, reduceCss, reduceLink } from "../src/addresses";

const BASE = "https://shop.example/a/";
const OWN = ["https://shop.example", "https://cdn.example"];

test("links lose what the site does not let be shown", () => {
  const link = (address: string) => reduceLink(address, BASE, ["page"]);
  expect(link("b?page=2&token=x#y")).toBe("https://shop.example/a/b?page=2");
  expect(link("https://me:secret@other.example/?k=1")).toBe("https://other.example/");
  for (const address of [
    "javascript:x()",
    "mailto:a@b",
    "data:text/html,x",
    "http://[",
    "blob:x",
  ]) {
    expect(link(address)).toBe(null);
  }
});

test("sources are the site's own, or nothing", () => {
  const source = (address: string) => ownSource(address, BASE, OWN);
  expect(source("/i.png?v=1#x")).toBe("https://shop.example/i.png?v=1");
  expect(source("//cdn.example/i.png")).toBe("https://cdn.example/i.png");
  expect(source("data:image/png;base64,AA==")).toBe("data:image/png;base64,AA==");
  for (const address of [
    "https://other.example/i.png",
    "http://shop.example/i.png",
    "https://shop.example@other.example/",
    "https://a:b@shop.example/",
    "blob:https://shop.example/1",
    "data:text/html,x",
    "javascript:x()",
  ]) {
    expect(source(address)).toBe(null);
  }
  expect(ownSources("/a.png 1x, /b.png 2x", BASE, OWN)).toBe(
    "https://shop.example/a.png 1x, https://shop.example/b.png 2x",
  );
  expect(ownSources("/a.png 1x, https://other.example/b.png 2x", BASE, OWN)).toBe(null);
});

test("styles load from the site only", () => {
  const css = (text: string, inline = false) => reduceCss(text, BASE, OWN, { inline });
  expect(css("a{background:url(/i.png?v=1)}")).toBe(
    'a{background:url("https://shop.example/i.png?v=1")}',
  );
  expect(css("a{mask:url('#m')}")).toBe('a{mask:url("#m")}');
  for (const text of [
    "url(https://other.example/s3cret)",
    "url( 'https://other.example/s3cret' )",
    'URL("https://other.example/s3cret")',
    '@import "https://other.example/s3cret"',
    "image-set('https://other.example/s3cret' 1x)",
    "url(\\68ttps://other.example/s3cret)",
    "/* s3cret */",
  ]) {
    expect(css(text)).not.toContain("s3cret");
  }
  expect(css("--a: 's3cret'; color: red", true)).toBe("--a:none; color: red");
});
