// Package page is a page that shows a media driver live in a browser. It has no parts from elsewhere, changes nothing, and follows the
// driver in a directory by server-sent events.
package page

import (
	"context"
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"sync"
	"time"
)

//go:embed assets
var assets embed.FS

// MaxWatchers is how many browsers may watch at once.
const MaxWatchers = 64

// writeTime is how long a browser may take to accept a state, before it is given up.
const writeTime = 10 * time.Second

// Page shows one driver's directory.
type Page struct {
	interval time.Duration

	reading sync.Mutex // of the reader
	reader  reader

	mu       sync.Mutex // of what follows
	watchers map[chan []byte]struct{}
	latest   []byte
	made     time.Time     // when latest was
	joined   chan struct{} // that there is somebody to read for
}

// New makes a page of the driver in dir, which need not be there yet. It reads every interval while somebody watches.
func New(dir string, interval time.Duration) *Page {
	return &Page{interval: interval, reader: reader{dir: dir}, watchers: map[chan []byte]struct{}{}, joined: make(chan struct{}, 1)}
}

// Run reads for those who watch, until ctx ends.
func (p *Page) Run(ctx context.Context) {
	tick := time.NewTicker(p.interval)
	defer tick.Stop()
	for {
		if p.watched() == 0 {
			select {
			case <-p.joined:
				tick.Reset(p.interval)
			case <-ctx.Done():
				return
			}
		}
		p.publish(p.state())
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// state reads, and returns JSON without line breaks.
func (p *Page) state() []byte {
	p.reading.Lock()
	defer p.reading.Unlock()
	text, err := json.Marshal(p.reader.read())
	if err != nil { // there is nothing in a State that JSON does not have but numbers that are none
		text, _ = json.Marshal(State{Problem: err.Error()}) // which this does not have
	}
	return text
}

func (p *Page) watched() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.watchers)
}

// publish gives a state to all who watch. Whoever has not taken the one before gets this instead.
func (p *Page) publish(state []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.latest, p.made = state, time.Now()
	for w := range p.watchers {
		select {
		case <-w:
		default:
		}
		w <- state
	}
}

// watch gives a channel of states, until leave is called; ok is false if there are too many already.
func (p *Page) watch() (states <-chan []byte, leave func(), ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.watchers) >= MaxWatchers {
		return nil, nil, false
	}
	w := make(chan []byte, 1)
	if time.Since(p.made) < 2*p.interval {
		w <- p.latest
	}
	p.watchers[w] = struct{}{}
	select {
	case p.joined <- struct{}{}:
	default:
	}
	return w, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.watchers, w)
	}, true
}

// policy lets a browser load from here only, and run nothing that a text of somebody else's may bring.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the page at /, the states at /events and one state at /state.
func (p *Page) Handler() http.Handler {
	mux := http.NewServeMux()
	files, err := fs.Sub(assets, "assets")
	if err == nil { // it is there, or this does not build
		mux.Handle("/", http.FileServerFS(files))
	}
	mux.HandleFunc("/events", p.events)
	mux.HandleFunc("/state", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(p.snapshot()) // a client that hangs up is no news
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		mux.ServeHTTP(w, r)
	})
}

// snapshot is a state that is no older than an interval.
func (p *Page) snapshot() []byte {
	p.mu.Lock()
	latest, made := p.latest, p.made
	p.mu.Unlock()
	if time.Since(made) < p.interval {
		return latest
	}
	state := p.state()
	p.publish(state)
	return state
}

// events sends states to one browser until it leaves, the server ends, or it is too slow.
func (p *Page) events(w http.ResponseWriter, r *http.Request) {
	states, leave, ok := p.watch()
	if !ok {
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many watch already", http.StatusServiceUnavailable)
		return
	}
	defer leave()
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return
	}
	control := http.NewResponseController(w)
	send := func(parts ...[]byte) error {
		if err := control.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
			return err
		}
		for _, part := range parts {
			if _, err := w.Write(part); err != nil {
				return err
			}
		}
		if err := control.Flush(); err != nil {
			return err
		}
		return control.SetWriteDeadline(time.Time{}) // of the answer as a whole there is none
	}
	err := send() // the header, so that the browser knows that it is connected
	for err == nil {
		select {
		case state := <-states:
			err = send([]byte("data: "), state, []byte("\n\n"))
		case <-r.Context().Done():
			return
		}
	}
}
