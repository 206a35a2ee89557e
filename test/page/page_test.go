//go:build programs

package page_test

import (
	"bytes"
	"context"
	"flag"
	"image/png"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

var picture = flag.String("picture", "", "where to write the picture of the page")

// readerName is a client's name that would run if it were taken for HTML; for the picture in docs, one that people give.
func readerName() string {
	if *picture != "" {
		return "risk engine"
	}
	return hostile
}

const hostile = `<img src=x onerror="document.title='broken'">risk engine`

// busy runs a driver with two streams, each with a subscriber that reads; stream 2 has another one that does not.
func busy(t *testing.T) *aeron.Driver {
	t.Helper()
	drv, err := aeron.Open(aeron.Config{Directory: testdriver.Dir(t), Threading: aeron.Shared, TermLength: 64 << 10, ClientName: "market data"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, drv.Close()) })
	require.NoError(t, drv.Start(testdriver.Context(t)))
	slow := testdriver.Connect(t, drv.Dir(), func(c *aeronc.Context) { require.NoError(t, c.SetClientName(readerName())) })
	_, err = drv.AddPublication(testdriver.Context(t), "aeron:udp?endpoint=127.0.0.1:40123|interface=192.0.2.77", 9)
	require.Error(t, err, "the driver's error log has to have something")

	var subs []*aeron.Subscription
	var pubs []*aeron.ExclusivePublication
	for id := int32(1); id <= 2; id++ {
		channel := testdriver.UDP(t)
		sub, err := drv.AddSubscription(testdriver.Context(t), channel, id)
		require.NoError(t, err)
		subs = append(subs, sub)
		if id == 2 {
			_, err := slow.AddSubscription(testdriver.Context(t), channel, id)
			require.NoError(t, err)
		}
		pub, err := drv.AddExclusivePublication(testdriver.Context(t), channel, id)
		require.NoError(t, err)
		require.NoError(t, pub.AwaitReady(testdriver.Context(t)))
		pubs = append(pubs, pub)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			for i := range pubs {
				_, _ = pubs[i].Offer(make([]byte, 512)) // stream 2 is refused soon, which is the subject
				_, _ = subs[i].Poll(func(aeron.Fragment) {}, 10)
			}
			<-tick.C
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return drv
}

// Scripts.
const (
	status      = `document.getElementById("status").textContent`
	streamRows  = `[...document.querySelectorAll("#stream-rows tr:not(.subscriber)")]`
	readers     = `[...document.querySelectorAll("#stream-rows tr.subscriber")]`
	firstStream = streamRows + `[0].children[0].textContent`
	background  = `getComputedStyle(document.body).backgroundColor`
)

func TestPage_inABrowser(t *testing.T) {
	drv := busy(t)
	url := serve(t, drv.Dir())
	b := open(t, url)

	// What it shows.
	b.await("the driver", status+` === "alive"`)
	b.await("two streams with three subscribers", streamRows+`.length === 2 && `+readers+`.length === 3`)
	require.Equal(t, drv.Dir(), b.text(`document.getElementById("dir").textContent`))
	b.await("stream 2 to be stopped", streamRows+`.some(r => r.children[0].textContent === "2" && r.children[5].classList.contains("bad"))`)
	b.await("its slow reader to be marked", readers+`.some(r => r.textContent.includes("risk engine") && r.querySelector(".bar.late").offsetWidth > 10)`)
	b.await("the sentence that names it", streamRows+`.some(r => r.children[0].textContent === "2" && /limited by .*risk engine/.test(r.querySelector(".note").textContent))`)
	b.await("stream 1 to go on", streamRows+`.some(r => r.children[0].textContent === "1" && /KiB\/s/.test(r.children[4].textContent))`)
	b.await("the error", `document.querySelectorAll("#error-rows tr").length >= 1 && document.getElementById("error-rows").textContent.includes("192.0.2.77")`)
	b.await("both clients", `document.querySelectorAll("#client-rows tr").length === 2`)
	require.Equal(t, "slowest first", b.text(firstStream+` === "2" ? "slowest first" : "another order"`))
	position := b.text(streamRows + `.find(r => r.children[0].textContent === "1").children[3].textContent`)
	b.await("the position to move", streamRows+`.find(r => r.children[0].textContent === "1").children[3].textContent !== `+"`"+position+"`")

	// A name is a text, whatever it looks like.
	require.Zero(t, b.number(`document.querySelectorAll("main img").length`))
	require.Contains(t, b.text(`document.getElementById("client-rows").textContent`), readerName())
	require.NotEqual(t, "broken", b.text(`document.title`))

	lookAtKeyboard(t, b)

	lookAtDarkMode(t, b)

	lookAtNames(t, b)

	lookAtPicture(t, b)

	requested, complaints := b.seen()
	require.GreaterOrEqual(t, len(requested), 4)
	for _, asked := range requested {
		require.True(t, strings.HasPrefix(asked, url), "the page asks %s", asked)
	}
	require.Empty(t, complaints)

	require.NoError(t, drv.Close())
	b.await("the end of the driver", status+` !== "alive" && `+streamRows+`.length === 0`)
}

// contrastScript is the contrast, as WCAG has it, of the faintest text on the page.
const contrastScript = `(() => {
  const light = (c) => c.map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const colour = (e, what) => getComputedStyle(e)[what].match(/[\d.]+/g).map(Number);
  const ground = (e) => { for (; e; e = e.parentElement) { const c = colour(e, "backgroundColor"); if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
  let least = 21;
  for (const e of document.querySelectorAll("body *")) {
    if (![...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.textContent.trim()) || e.closest("noscript,[hidden]")) continue;
    const a = light(colour(e, "color").slice(0, 3)), b = light(ground(e));
    least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  }
  return least;
})()`

func lookAtKeyboard(t *testing.T, b *browser) {
	t.Helper()
	b.write("/")
	require.Equal(t, "filter", b.text(`document.activeElement.id`))
	b.write("risk ENGINE") // the p's and the slash are text here
	require.Equal(t, "risk ENGINE", b.text(`document.getElementById("filter").value`))
	b.await("one stream", streamRows+`.length === 1`)
	require.Equal(t, "2", b.text(firstStream))
	require.Equal(t, "1 of 2", b.text(`document.getElementById("streams-count").textContent`))
	b.press(kb.Escape)
	b.await("both again", streamRows+`.length === 2`)
	b.press(kb.Tab) // the table, which scrolls
	b.press(kb.Tab) // its first heading
	require.Equal(t, "Stream", b.text(`document.activeElement.textContent`))
	require.Contains(t, b.text(`getComputedStyle(document.activeElement).outlineStyle`), "solid", "where the focus is can be seen")
	b.press(kb.Enter)
	require.Equal(t, "descending", b.text(`document.activeElement.parentElement.getAttribute("aria-sort")`))
	require.Equal(t, "2", b.text(firstStream))
	b.press(kb.Enter)
	require.Equal(t, "ascending", b.text(`document.activeElement.parentElement.getAttribute("aria-sort")`))
	require.Equal(t, "1", b.text(firstStream))
	b.write("p")
	require.Equal(t, "alive, paused", b.text(status))
	require.Equal(t, "true", b.text(`document.getElementById("pause").getAttribute("aria-pressed")`))
	b.write("p")
	b.await("it goes on", status+` === "alive"`)
}

func lookAtDarkMode(t *testing.T, b *browser) {
	t.Helper()
	shades := map[string]string{}
	for _, scheme := range []string{"light", "dark"} {
		b.prefer(scheme)
		shades[scheme] = b.text(background)
		ratio := b.number(contrastScript)
		require.GreaterOrEqual(t, ratio, 4.5, "the faintest text in %s mode", scheme)
	}
	require.Equal(t, map[string]string{"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 27)"}, shades)
}

func lookAtNames(t *testing.T, b *browser) {
	t.Helper()
	tree, err := chromedp.Call(b.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	require.NoError(t, err)
	named := map[string]int{}
	for _, n := range tree.Nodes {
		if n.Ignored || n.Role == nil {
			continue
		}
		role := strings.Trim(string(n.Role.Value), `"`)
		switch role {
		case "button", "searchbox", "textbox", "link", "region", "heading", "columnheader":
			require.NotNil(t, n.Name, role)
			require.NotEqual(t, `""`, string(n.Name.Value), "a %s has no name", role)
			named[role]++
		}
	}
	require.GreaterOrEqual(t, named["button"], 11)
	require.Equal(t, 1, named["searchbox"])
	require.GreaterOrEqual(t, named["heading"], 6)
	require.GreaterOrEqual(t, named["region"], 5)
}

func lookAtPicture(t *testing.T, b *browser) {
	t.Helper()
	b.prefer("light")
	if *picture != "" {
		b.await("a stream that is well", streamRows+`.some(r => r.children[0].textContent === "1" && /^ready/.test(r.querySelector(".note").textContent))`)
	}
	evaluate[bool](b, `document.activeElement.blur() === undefined`)
	shot, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(t, err)
	image, err := png.Decode(bytes.NewReader(shot))
	require.NoError(t, err)
	colours := map[[3]uint32]bool{}
	for x := 0; x < image.Bounds().Dx(); x += 2 {
		for y := 0; y < image.Bounds().Dy(); y += 2 {
			r, g, b, _ := image.At(x, y).RGBA()
			colours[[3]uint32{r, g, b}] = true
		}
	}
	require.Greater(t, len(colours), 20, "the picture is blank")
	if *picture != "" {
		require.NoError(t, os.WriteFile(*picture, shot, 0o644))
	}
}
