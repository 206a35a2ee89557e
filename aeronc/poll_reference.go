package aeronc

import (
	"unsafe"

	"github.com/aeroncgo/aeron/cgo"
)

// readC is what walk does, by C's own poll: the reference that walk is held against. Owner only.
//
// No handler runs on top of C's frames, where neither a panic nor runtime.Goexit may pass, nor escapes to where C could call it: C's poll
// is asked for one fragment, which it is told to abort; the handler has its turn; and the next call lets C consume that one on the way to
// the next. The position moves with every fragment, then, and is C's to store.
func (i *Image) readC(c consumer, limit int, bound int64) (n int, ended bool, err error) {
	p := &cPoll{image: i, bound: bound}
	p.poller.Fragment = p.fragment
	p.tag = cgo.NewTag(&p.poller)
	defer p.tag.Free()
	defer func() {
		if e := p.finish(); err == nil {
			err = e
		}
	}()
	for n < limit {
		if i.subscription.life.closed.Load() {
			return n, true, ErrClosed
		}
		if err := p.next(); err != nil || !p.found {
			return n, false, err
		}
		var action Action
		if c.assemble && p.at.extent.flags&FlagUnfragmented != FlagUnfragmented {
			action = i.assemble(c, p.at)
		} else {
			action = c.use(p.at)
		}
		switch action {
		case Continue, Commit:
			p.consume = true
			n++
		case Break:
			p.consume = true
			return n + 1, true, nil
		default:
			return n, true, nil
		}
	}
	return n, false, nil
}

// cPoll is a series of C's polls for one fragment each.
type cPoll struct {
	image   *Image
	poller  cgo.Poller
	tag     cgo.Tag
	bound   int64
	at      Fragment // found and not consumed yet
	found   bool
	consume bool // at was handled: C may pass it
}

// fragment is what C calls. The payload is behind the frame's header.
func (p *cPoll) fragment(_, frame unsafe.Pointer, length int) int32 {
	if p.consume {
		p.consume = false
		return int32(Commit)
	}
	p.found = true
	p.at = Fragment{
		image: p.image, frame: frame, position: cgo.HeaderPosition(p.poller.Header),
		extent: extent{int32(length), *(*uint8)(unsafe.Add(frame, offsetFlags))},
	}
	return int32(Abort)
}

// next consumes the fragment that was handled, if there is one, and finds the next.
func (p *cPoll) next() error {
	p.found = false
	limit := 1
	if p.consume {
		limit = 2
	}
	return p.poll(limit)
}

func (p *cPoll) finish() error {
	if !p.consume {
		return nil
	}
	return p.poll(1)
}

func (p *cPoll) poll(limit int) (err error) {
	if p.bound == noBound {
		_, err = cgo.ImageControlledPoll(p.image.raw, p.tag.ControlledHandler(), limit)
	} else {
		_, err = cgo.ImageBoundedControlledPoll(p.image.raw, p.tag.ControlledHandler(), p.bound, limit)
	}
	if err != nil {
		return fromC("poll", err)
	}
	return nil
}

// readBlockC is what walkBlock does, by C's own poll, which has no way to leave a block: it is consumed if f panics. Owner only.
func (i *Image) readBlockC(f func(Block), limit int) (int, error) {
	if !i.look() {
		return 0, nil // C would store the position that it has read, which somebody else may have moved
	}
	poller := &cgo.Poller{Block: func(frames unsafe.Pointer, length int, _, termID int32) {
		f(Block{image: i, data: unsafe.Slice((*byte)(frames), length), termID: termID})
	}}
	tag := cgo.NewTag(poller)
	defer tag.Free()
	n, err := cgo.ImageBlockPoll(i.raw, tag, limit)
	poller.Reraise()
	if err != nil {
		return n, fromC("poll", err)
	}
	return n, nil
}
