package aeronc

import (
	"os"
	"sync"

	"github.com/aeroncgo/aeron/cgo"
)

// pump carries what C's threads record to Go: a goroutine that sleeps in Go's poller until the queue's pipe wakes it.
type pump struct {
	queue   cgo.Events
	file    *os.File
	stopped chan struct{}
	started bool

	mu        sync.Mutex
	listeners map[cgo.Listener]cgo.Tag
}

func newPump(name string) (*pump, error) {
	queue, fd, err := cgo.NewEvents()
	if err != nil {
		return nil, err
	}
	return &pump{
		queue:     queue,
		file:      os.NewFile(uintptr(fd), "aeron "+name+" events"),
		stopped:   make(chan struct{}),
		listeners: map[cgo.Listener]cgo.Tag{},
	}, nil
}

// listener makes the clientd of callbacks that are about v. It lives until forget, or until the pump stops.
func (p *pump) listener(v any) cgo.Listener {
	tag := cgo.NewTag(v)
	l := cgo.NewListener(p.queue, tag)
	p.mu.Lock()
	p.listeners[l] = tag
	p.mu.Unlock()
	return l
}

// forget frees a listener that C cannot use any more.
func (p *pump) forget(l cgo.Listener) {
	p.mu.Lock()
	tag, ok := p.listeners[l]
	delete(p.listeners, l)
	p.mu.Unlock()
	if ok {
		l.Free()
		tag.Free()
	}
}

func (p *pump) run(deliver func(cgo.Event)) {
	p.started = true
	go func() {
		defer close(p.stopped)
		var wake [64]byte
		for {
			_, err := p.file.Read(wake[:])
			for {
				e, ok := p.queue.Take()
				if !ok {
					break
				}
				deliver(e)
			}
			if err != nil {
				return
			}
		}
	}()
}

// stop ends the goroutine, after it has delivered what waits, and frees the queue and every listener. No callback may be running
// in C any more. Called once.
func (p *pump) stop() {
	// Closing cannot fail in a way that matters: the descriptor is gone afterwards.
	_ = p.file.Close()
	if p.started {
		<-p.stopped
	}
	p.mu.Lock()
	left := p.listeners
	p.listeners = nil
	p.mu.Unlock()
	for l, tag := range left {
		l.Free()
		tag.Free()
	}
	p.queue.Destroy()
}
