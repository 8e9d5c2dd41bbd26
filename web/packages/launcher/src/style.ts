/** The button's own look: the page's styles do not reach it, and it touches nothing outside. */
export const STYLE = `
:host { all: initial; position: fixed; right: 1.25rem; bottom: 1.25rem; z-index: 2147483000; }
:host([data-position="left"]) { right: auto; left: 1.25rem; }
.corner {
  display: flex; gap: .75rem; align-items: center; min-height: 2rem; padding: .6rem 1.25rem;
  border: 2px solid #fff; border-radius: 2rem; background: #0b5d52; color: #fff;
  font: 600 1rem/1.3 system-ui, sans-serif; text-align: start; text-decoration: none; cursor: pointer;
  box-shadow: 0 .25rem 1rem rgb(0 0 0 / 30%);
}
.corner:not([data-known]) { display: none; }
.corner:hover { background: #084840; }
.corner:focus-visible { outline: 3px solid #0b5d52; outline-offset: 3px; }
i { flex: none; width: .65rem; height: .65rem; border: 2px solid #fff; border-radius: 50%; }
i:not([class]), i[class=""] { display: none; }
i.true { background: #7df3c8; border-color: #7df3c8; }
small { display: block; min-width: 12em; font-size: .8125rem; font-weight: 400; }
small:empty { display: none; }
@media print { :host { display: none; } }
`;
