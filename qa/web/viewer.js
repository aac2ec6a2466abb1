// Runs once, for the evidence: the open document, as text in windows or as pages.
// What it inserts as HTML was escaped by the server.

{
  const SHOW = "verbatim.show";
  const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3];
  const MOST_WINDOWS = 40; // in the page at once: a browser is slow with millions of characters
  const MOST_BOXES = 100;
  const MOST_LETTERS = 2000; // that are looked for: an address has no room for many more
  const [START, END, WINDOW, FIRST, LAST, PAGE] = [0, 1, 2, 3, 4, 5]; // of a place that was found

  let shown = null; // the open document

  const kept = () => { try { return localStorage.getItem(SHOW); } catch { return null; } };
  const keep = (show) => { try { localStorage.setItem(SHOW, show); } catch { /* not kept */ } };

  // Scrolls `pane` until a place is at a share of its height below its top. What is seen from the
  // `start` is shown from there. `frame` is what is seen of the pane.
  const bring = (pane, place, share, { smoothly = false, frame = pane.getBoundingClientRect(), start = 0 } = {}) => {
    const height = Math.min(frame.height, pane.clientHeight);
    const isNearStart = share > 0 && pane.scrollTop + place.bottom - frame.top - start < (1 - share) * height;
    const top = isNearStart ? start : pane.scrollTop + place.top - frame.top - share * height;
    const left = place.left >= frame.left && place.right <= frame.right
      ? pane.scrollLeft
      : pane.scrollLeft + place.left - frame.left - share * pane.clientWidth;
    pane.scrollTo({ top, left, behavior: smoothly && !still.matches ? "smooth" : "auto" });
  };

  // Scrolls a wide table sideways until a place in it is seen.
  const bringSideways = (part, place) => {
    const wide = part?.closest(".wide.scrolls");
    const first = part?.closest("tr")?.firstElementChild;
    const isStuck = first !== undefined && getComputedStyle(first).position === "sticky";
    if (!wide || (isStuck && first.contains(part))) return;
    const { left, right } = wide.getBoundingClientRect();
    const from = left + (isStuck ? first.offsetWidth : 0);
    // No further than needed: what is before it says what it is about.
    const room = (right - from) / 8;
    if (place.right > right) wide.scrollLeft += Math.min(place.right - right + room, place.left - from);
    else if (place.left < from) wide.scrollLeft += place.left - from - room;
  };

  class Shown {
    constructor(root) {
      this.root = root;
      this.text = root.querySelector(".document");
      this.paper = root.querySelector(".paper");
      this.box = root.querySelector(".find-inside");
      this.box.value = ""; // Gradio leaves what was looked for in the document before
      this.parts = [...this.text.querySelectorAll(".window")];
      this.pages = Number(root.dataset.pages);
      this.page = Number(root.dataset.page);
      this.markPage = this.page;
      this.zoom = 1;
      this.loads = new Map();
      this.found = [];
      this.at = -1;
      this.turns = this.finds = 0;
      this.isOver = false;
      this.ends = new AbortController();
      const { signal } = this.ends;
      this.observe();
      narrow.addEventListener("change", () => this.observe(), { signal });
      addEventListener("scroll", () => {
        this.drawing ??= requestAnimationFrame(() => {
          this.drawing = null;
          this.keepColumns();
          this.followPage();
        });
      }, { signal, capture: true, passive: true });
      this.ready(this.text);
      this.show(this.paper ? kept() ?? "page" : "text");
    }

    get isPage() { return this.root.dataset.show === "page"; }

    // What scrolls: on a phone the page, elsewhere the pane of the text.
    get pane() { return narrow.matches ? document.scrollingElement : this.text; }

    // What is seen of it: on a phone below what stays in view above the text.
    get frame() {
      if (!narrow.matches) return this.text.getBoundingClientRect();
      const stuck = [element.querySelector(".ways"), this.root.querySelector(".tools")]
        .filter((part) => part && getComputedStyle(part).position === "sticky")
        .reduce((height, part) => height + part.offsetHeight, 0);
      return new DOMRect(0, stuck, innerWidth, innerHeight - stuck);
    }

    // Shows a place of the text.
    bring(place, share, smoothly = false) {
      const { frame, pane } = this;
      const start = narrow.matches ? scrollY + element.getBoundingClientRect().top : 0;
      bring(pane, place, share, { smoothly, frame, start });
    }

    observe() {
      this.observer?.disconnect();
      this.observer = new IntersectionObserver(
        (seen) => seen.forEach(({ isIntersecting, target }) => isIntersecting && this.load(target)),
        { root: narrow.matches ? null : this.text, rootMargin: "1500px 0px" },
      );
      for (const part of this.parts) this.observer.observe(part);
    }

    address(path, more) {
      const { id, sha256 } = this.root.dataset;
      return `document/${path}?${new URLSearchParams({ id, sha256, ...more })}`;
    }

    // Windows of the text.

    load(part) {
      if ("loaded" in part.dataset) return Promise.resolve();
      if (!this.loads.has(part)) this.loads.set(part, this.fetchWindow(part).finally(() => this.loads.delete(part)));
      return this.loads.get(part);
    }

    async fetchWindow(part) {
      const { marks } = this.root.dataset;
      const answer = await fetch(this.address("window", { number: part.dataset.window, marks }));
      const html = answer.ok ? await answer.text() : "";
      if (!answer.ok || this.isOver) return;
      this.inPlace(part, () => {
        part.innerHTML = html;
        part.dataset.loaded = "";
        part.style.height = "";
      });
      this.ready(part);
      this.release(this.parts.indexOf(part));
    }

    // What is above the text in view changes its height, and the text stays where it is.
    inPlace(part, change) {
      const isAbove = part.getBoundingClientRect().bottom <= this.frame.top + 1;
      const before = part.offsetHeight;
      change();
      if (isAbove) this.pane.scrollTop += part.offsetHeight - before;
    }

    release(near) {
      const loaded = this.parts.filter((part) => "loaded" in part.dataset);
      if (loaded.length <= MOST_WINDOWS) return;
      const far = (part) => Math.abs(this.parts.indexOf(part) - near);
      for (const part of loaded.filter((each) => far(each) > MOST_WINDOWS / 2)) {
        this.inPlace(part, () => {
          part.style.height = `${part.offsetHeight}px`;
          part.replaceChildren();
          delete part.dataset.loaded;
        });
      }
    }

    ready(part) {
      // A table that is too wide is scrolled by keyboard too.
      for (const wide of part.querySelectorAll(".wide")) {
        if (wide.scrollWidth <= wide.clientWidth) continue;
        wide.classList.add("scrolls");
        wide.tabIndex = 0;
        wide.role = "group";
        wide.ariaLabel = "Table";
      }
      this.paint();
    }

    // Text or page.

    show(mode, { isWanted = false } = {}) {
      const before = this.page;
      const wasOpen = this.isOpen;
      this.isOpen = true;
      this.root.dataset.show = mode;
      for (const button of this.root.querySelectorAll("[data-show]")) {
        button.ariaPressed = String(button.dataset.show === mode);
      }
      this.text.hidden = mode === "page";
      if (this.paper) this.paper.hidden = mode !== "page";
      const zooming = this.root.querySelector(".zooming");
      if (zooming) zooming.hidden = mode !== "page";
      this.text.style.setProperty("--stuck", `${narrow.matches ? this.frame.top : 0}px`);
      if (isWanted) keep(mode);
      if (wasOpen && before !== this.markPage) this.turn(before);
      else this.showMark();
    }

    // On a phone, where the document is below the conversation, only for those who asked for it or
    // are there already.
    showMark({ isWanted = false } = {}) {
      this.isWanted ||= isWanted || element.getBoundingClientRect().top < innerHeight / 3;
      if (this.isPage) {
        this.turn(this.markPage);
        return;
      }
      const mark = this.text.querySelector(".answer") ?? this.text.querySelector(".passage");
      if (mark) bringSideways(mark, mark.getBoundingClientRect());
      if (narrow.matches && !this.isWanted) return;
      this.isWanted = false;
      if (mark) this.bring(mark.getBoundingClientRect(), 1 / 3, this.parts.length === 1);
      else this.toStart();
    }

    toStart() {
      if (narrow.matches) element.scrollIntoView();
      else this.text.scrollTo(0, 0);
    }

    async turn(number) {
      const page = Math.min(Math.max(Math.trunc(number) || 1, 1), Math.max(this.pages, 1));
      this.number(page);
      if (this.isPage) await this.showPage(page);
      else await this.jump(page);
    }

    number(page) {
      this.page = page;
      const input = this.root.querySelector(".page-number");
      if (!input) return;
      input.value = page;
      this.allow("turn", page > 1, page < this.pages);
    }

    // Which of two buttons lead further; disabled, one would lose the focus to nothing.
    allow(name, ...further) {
      for (const [at, step] of [-1, 1].entries()) {
        this.root.querySelector(`[data-${name}='${step}']`).ariaDisabled = String(!further[at]);
      }
    }

    async jump(page) {
      const next = this.parts.findIndex((part) => Number(part.dataset.page) >= page);
      const last = next < 0 ? this.parts.length - 1 : next;
      await Promise.all(this.parts.slice(Math.max(last - 1, 0), last + 1).map((part) => this.load(part)));
      if (this.isOver) return;
      const edge = this.text.querySelector(`.page-edge[data-page="${page}"]`);
      if (edge) this.bring(edge.getBoundingClientRect(), 0);
      else this.toStart();
    }

    followPage() {
      if (this.isOver || this.isPage || this.pages < 2 || document.activeElement?.matches(".page-number")) return;
      const top = this.frame.top + 60;
      const edges = [...this.text.querySelectorAll(".page-edge")].filter((edge) => edge.getBoundingClientRect().top <= top);
      const part = this.parts.findLast((each) => each.getBoundingClientRect().top <= top);
      this.number(Math.max(Number(edges.at(-1)?.dataset.page ?? 1), Number(part?.dataset.page ?? 1)));
    }

    // A table that scrolls sideways would take the names of its columns out of view with it.
    keepColumns() {
      if (this.isOver || this.isPage) return;
      const { top } = this.frame;
      for (const wide of this.text.querySelectorAll(".wide.scrolls")) {
        const { top: begin, bottom } = wide.getBoundingClientRect();
        wide.style.setProperty("--down", `${begin < top && bottom > top ? this.heightAbove(wide, top) : 0}px`);
      }
    }

    // How much of a table is above what is seen; no more than leaves its last row in view.
    heightAbove(wide, top) {
      const rows = [...wide.querySelectorAll("tr")];
      const heads = rows.slice(0, rows.findIndex((row) => !row.matches(".columns, .again *")));
      const kept = [...heads, rows.at(-1)].reduce((sum, row) => sum + row.offsetHeight, 0);
      return Math.max(Math.min(top - wide.getBoundingClientRect().top, wide.clientHeight - kept), 0);
    }

    async showPage(number) {
      this.turns += 1;
      const turn = this.turns;
      const onPage = this.found.filter((place) => place[PAGE] === number).slice(0, MOST_BOXES);
      const marks = [
        this.root.dataset.marks,
        ...onPage.map((place) => `${place[START]}-${place[END]}-${place === this.found[this.at] ? "now" : "found"}`),
      ].filter(Boolean).join(",");
      this.paper.ariaBusy = "true";
      const answer = await fetch(this.address("page", { number, marks })).catch(() => null);
      const html = answer?.ok ? await answer.text() : "";
      if (turn !== this.turns || this.isOver) return;
      this.paper.ariaBusy = "false";
      this.paper.innerHTML = html;
      const image = this.paper.querySelector("img");
      if (!image) {
        this.withoutPage();
        return;
      }
      await image.decode().catch(() => {});
      if (turn !== this.turns || this.isOver) return;
      this.size();
      this.showBox();
      if (number < this.pages) new Image().src = this.address("picture", { number: number + 1 });
    }

    // The file has changed, or cannot be drawn: its words are there all the same.
    withoutPage() {
      const reason = this.paper.querySelector(".banner");
      this.root.querySelector(":scope > .banner")?.remove();
      if (reason) this.root.querySelector(".tools").after(reason);
      this.show("text");
    }

    showBox() {
      const mark = [".now", ".answer", ".passage"].map((kind) => this.paper.querySelector(`polygon${kind}`)).find(Boolean);
      if (mark) bring(this.paper, mark.getBoundingClientRect(), 1 / 3);
      else this.paper.scrollTo(0, 0);
      const isWanted = this.isWanted || element.getBoundingClientRect().top < innerHeight / 3;
      this.isWanted = false;
      if (mark && narrow.matches && isWanted) this.bring(mark.getBoundingClientRect(), 1 / 3);
    }

    size() {
      const scan = this.paper.querySelector(".scan");
      const image = this.paper.querySelector("img");
      if (!scan || !image) return;
      scan.style.setProperty("--zoom", this.zoom);
      if (image.offsetWidth * devicePixelRatio > 1.2 * image.naturalWidth && image.dataset.large) {
        image.src = image.dataset.large;
        delete image.dataset.large;
      }
      this.allow("zoom", this.zoom > ZOOMS[0], this.zoom < ZOOMS.at(-1));
    }

    enlarge(step) {
      const next = ZOOMS[ZOOMS.indexOf(this.zoom) + step];
      if (!next) return;
      const middle = [
        (this.paper.scrollLeft + this.paper.clientWidth / 2) / this.paper.scrollWidth,
        (this.paper.scrollTop + this.paper.clientHeight / 2) / this.paper.scrollHeight,
      ];
      const seen = this.paper.getBoundingClientRect();
      const share = (innerHeight / 2 - seen.top) / seen.height;
      this.zoom = next;
      this.size();
      if (narrow.matches && share > 0 && share < 1) scrollBy({ top: share * (this.paper.offsetHeight - seen.height) });
      this.paper.scrollLeft = middle[0] * this.paper.scrollWidth - this.paper.clientWidth / 2;
      this.paper.scrollTop = middle[1] * this.paper.scrollHeight - this.paper.clientHeight / 2;
    }

    // Finding.

    async find() {
      this.finds += 1;
      const asked = this.finds;
      const words = this.box.value.trim().slice(0, MOST_LETTERS);
      const answer = words ? await fetch(this.address("find", { words })).catch(() => null) : null;
      const { count, places } = answer?.ok ? await answer.json() : { count: 0, places: [] };
      if (asked !== this.finds || this.isOver) return;
      [this.found, this.count, this.at] = [places, count, -1];
      for (const button of this.root.querySelectorAll("[data-found]")) button.hidden = !places.length;
      if (!places.length) {
        this.say(words ? "Not in this document" : "");
        this.paint();
        if (this.isPage) await this.showPage(this.page);
        return;
      }
      // The first place from where the reader is.
      const { top } = this.frame;
      const part = this.parts.findIndex((each) => each.getBoundingClientRect().bottom > top);
      const from = places.findIndex((place) => (this.isPage ? place[PAGE] >= this.page : place[WINDOW] >= part));
      await this.goTo(Math.max(from, 0));
    }

    say(text) { this.root.querySelector(".found-count").textContent = text; }

    async goTo(position) {
      this.at = (position + this.found.length) % this.found.length;
      const place = this.found[this.at];
      const said = `${this.at + 1} of ${this.count.toLocaleString("en")}`;
      if (this.isPage) {
        await this.turn(place[PAGE]);
        if (!this.isOver) this.say(said);
        return;
      }
      const part = this.parts[place[WINDOW]];
      await this.load(part);
      if (this.isOver) return;
      this.paint();
      const range = this.range(part, place);
      if (range) {
        bringSideways(range.startContainer.parentElement, range.getBoundingClientRect());
        this.bring(range.getBoundingClientRect(), 1 / 3);
      }
      this.say(said);
    }

    // The text of a window, gaps and all, is the document's.
    range(part, place) {
      if (!("loaded" in part.dataset)) return null;
      const range = document.createRange();
      const nodes = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
      let [passed, begun] = [0, false];
      for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
        const end = passed + node.length;
        if (!begun && place[FIRST] < end) {
          range.setStart(node, place[FIRST] - passed);
          begun = true;
        }
        if (begun && place[LAST] <= end) {
          range.setEnd(node, place[LAST] - passed);
          return range;
        }
        passed = end;
      }
      return null;
    }

    paint() {
      const ranges = [];
      let now = null;
      for (const place of this.found) {
        const part = this.parts[place[WINDOW]];
        if (!("loaded" in part.dataset)) continue;
        const range = this.range(part, place);
        if (range && place === this.found[this.at]) now = range;
        else if (range && ranges.length < MOST_BOXES * 10) ranges.push(range);
      }
      if (globalThis.CSS?.highlights) {
        CSS.highlights.set("found", new Highlight(...ranges));
        CSS.highlights.set("found-now", new Highlight(...(now ? [now] : [])));
      } else if (now) {
        getSelection().removeAllRanges();
        getSelection().addRange(now);
      }
    }

    // Its elements may be those of the next document, into which nothing of this one may come.
    close() {
      this.isOver = true;
      this.observer.disconnect();
      this.ends.abort();
      if (globalThis.CSS?.highlights) CSS.highlights.clear();
    }
  }

  const open = () => {
    const root = element.querySelector(".viewer");
    const { id, sha256, marks, page } = root?.dataset ?? {};
    // Another document may be drawn into the same element.
    const key = JSON.stringify([id, sha256, marks, page]);
    if (shown?.root === root && shown?.key === key && root.contains(shown.text)) return;
    shown?.close();
    shown = root ? new Shown(root) : null;
    if (shown) shown.key = key;
  };
  new MutationObserver(open).observe(element, {
    childList: true,
    subtree: true,
    attributeFilter: ["data-id", "data-sha256", "data-marks", "data-page"],
  });
  open();
  document.addEventListener("show-mark", () => {
    open(); // what was drawn just now
    shown?.showMark({ isWanted: true });
  });

  const within = (target) => shown?.root.contains(target);
  element.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button || !within(button)) return;
    const { show, turn, zoom, found } = button.dataset;
    if (show) shown.show(show, { isWanted: true });
    else if (turn) shown.turn(shown.page + Number(turn));
    else if (zoom) shown.enlarge(Number(zoom));
    else if (found) shown.goTo(shown.at + Number(found));
  });
  let finding = 0;
  element.addEventListener("input", ({ target }) => {
    if (!target.matches(".find-inside")) return;
    clearTimeout(finding);
    finding = setTimeout(() => shown?.find(), 200);
  });
  element.addEventListener("change", ({ target }) => {
    if (target.matches(".page-number")) shown?.turn(Number(target.value) || shown.page);
  });
  element.addEventListener("keydown", (event) => {
    const { target, key, shiftKey } = event;
    if (!within(target)) return;
    if ((event.ctrlKey || event.metaKey) && key === "f" && target !== shown.box) {
      event.preventDefault(); // what is not loaded, the browser would not find
      shown.box.select();
      shown.box.focus();
    } else if (target === shown.box && key === "Enter" && shown.found.length) {
      shown.goTo(shown.at + (shiftKey ? -1 : 1));
    } else if (target === shown.box && key === "Escape") {
      shown.box.value = "";
      shown.find();
    } else if (target.matches(".page-number") && key === "Enter") {
      shown.turn(Number(target.value) || shown.page);
    } else if (target === shown.paper) {
      const { scrollTop, clientHeight, scrollHeight } = shown.paper;
      const isEnd = scrollTop + clientHeight >= scrollHeight - 2;
      if (key === "PageDown" && isEnd) shown.turn(shown.page + 1);
      else if (key === "PageUp" && scrollTop <= 0) shown.turn(shown.page - 1);
    }
  });
}
