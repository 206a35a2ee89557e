package aeron_test

import (
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// traffic is a stream whose messages are counted at both ends.
type traffic struct {
	d              *aeron.Driver
	p              aeron.Sender
	s              *aeron.Subscription
	image          *aeron.Image
	short, long    []byte
	frames         []byte // a block
	wait           idle.Strategy
	sent, received int
	odd            error // the first error that nothing explains
}

func newTraffic(t *testing.T, d *aeron.Driver, p aeron.Sender) *traffic {
	x := &traffic{d: d, p: p, s: connect(t, d, p), short: pattern(100, 0), long: pattern(4000, 0), wait: idle.Backoff(), frames: make([]byte, 2*64)}
	x.image = x.s.Images()[0]
	// The buffer that messages are put together in is made once an image.
	testdriver.Await(t, "a long message", func() bool { x.took(1, second(p.Offer(x.long))); x.poll(); return x.received > 0 })
	return x
}

func (x *traffic) note(err error) {
	if err != nil && x.odd == nil {
		x.odd = err
	}
}

// took counts n messages if they were sent. Back pressure gives the core away, so that the driver opens the window again.
func (x *traffic) took(n int, err error) bool {
	switch {
	case err == nil:
		x.sent += n
		x.wait.Reset()
	case errors.Is(err, aeron.ErrBackPressured):
		x.wait.Idle(0)
	case !errors.Is(err, aeron.ErrAdminAction):
		x.note(err)
	}
	return err == nil
}

func (x *traffic) use(aeron.Fragment)                   { x.received++ }
func (x *traffic) commit(f aeron.Fragment) aeron.Action { x.use(f); return aeron.Commit }
func (x *traffic) poll()                                { x.note(second(x.s.Poll(x.use, 10))) }
func (x *traffic) offer(message []byte)                 { x.took(1, second(x.p.Offer(message))) }

// block counts the messages that end in a block.
func (x *traffic) block(b aeron.Block) {
	for frames := b.Data(); len(frames) > 0; {
		if padding := binary.NativeEndian.Uint16(frames[6:]) == 0; !padding && frames[5]&0x40 != 0 {
			x.received++
		}
		frames = frames[(binary.NativeEndian.Uint32(frames)+31)&^31:]
	}
}

// place makes the frames those of where an exclusive publication is, and the term's rest padding if there is no room for them.
func (x *traffic) place(p *aeron.ExclusivePublication) {
	c := p.Constants()
	position, err := p.Position()
	x.note(err)
	term, offset := position/int64(c.TermBufferLength), position%int64(c.TermBufferLength)
	if left := int64(c.TermBufferLength) - offset; left < int64(len(x.frames)) {
		x.took(0, second(p.AppendPadding(int(left)-32)))
		term, offset = term+1, 0
	}
	for at := 0; at < len(x.frames); at += 64 {
		for n, v := range [6]uint32{
			40, 0x1C000, uint32(offset) + uint32(at), uint32(c.SessionID), uint32(c.StreamID), uint32(c.InitialTermID) + uint32(term),
		} {
			binary.NativeEndian.PutUint32(x.frames[at+4*n:], v)
		}
	}
}

// way is one to send, and one to receive what was sent. What one way of receiving has begun to put together no other one goes on with.
type way struct {
	name          string
	send, receive func()
}

// ways are all ways to send and to receive but those of TestDataPath_doesNotAllocate.
func (x *traffic) ways(t *testing.T) []way {
	ctx := testdriver.Context(t)
	use, commit, block := x.use, x.commit, x.block // a method's value is made once
	assembled, controlled := aeron.Assemble(use), aeron.AssembleControlled(commit)
	batch := aeron.NewBatch(x.p, 4000)
	writer := aeron.NewWriter(ctx, x.p, never(aeron.WriterOptions{Bytes: 1000}))
	long, poll := func() { x.offer(x.long) }, func() { x.note(second(x.s.Poll(use, 10))) }
	// What waits for room is given it first: nobody polls meanwhile.
	drain := func() {
		for x.received < x.sent && x.odd == nil {
			poll()
			x.wait.Idle(0)
		}
	}
	send := func(options aeron.SendOptions) {
		if ok, err := x.d.Send(ctx, x.p, x.short, options); x.took(0, err) && ok {
			x.sent++
		}
	}
	ways := []way{
		{"PollControlled", long, func() { x.note(second(x.s.PollControlled(commit, 10))) }},
		{"PollControlled that aborts", long, func() {
			x.note(second(x.s.PollControlled(func(aeron.Fragment) aeron.Action { return aeron.Abort }, 10)))
			x.note(second(x.s.PollControlled(commit, 10)))
		}},
		{"PollBlocks", long, func() { x.note(second(x.s.PollBlocks(block, 4000))) }},
		{"Image.PollBlock", long, func() { x.note(second(x.image.PollBlock(block, 4000))) }},
		{"Image.Poll", long, func() { x.note(second(x.image.Poll(assembled, 10))) }},
		{"Image.PollControlled", long, func() { x.note(second(x.image.PollControlled(controlled, 10))) }},
		{"Image.PollBounded", long, func() { x.note(second(x.image.PollBounded(assembled, x.image.Position()+5000, 10))) }},
		{"Image.PollBoundedControlled", long, func() {
			x.note(second(x.image.PollBoundedControlled(controlled, x.image.Position()+5000, 10)))
		}},
		{"Publish", func() { drain(); x.took(1, x.p.Publish(ctx, x.short)) }, poll},
		{"Send", func() { drain(); send(aeron.SendOptions{}) }, poll},
		{"Send with Offer", func() { drain(); send(aeron.SendOptions{Offer: true}) }, poll},
		{"SendFunc", func() {
			drain()
			ok, err := x.d.SendFunc(ctx, x.p, 64, func(data []byte) error { copy(data, x.short); return nil }, aeron.SendOptions{})
			if x.took(0, err) && ok {
				x.sent++
			}
		}, poll},
		{"a claim with a reserved value", func() {
			if c, err := x.p.TryClaim(64); x.took(1, err) {
				x.note(errors.Join(c.SetReservedValue(7), c.Commit()))
			}
		}, poll},
		{"a claim that is aborted", func() {
			if c, err := x.p.TryClaim(64); x.took(0, err) {
				x.note(c.Abort())
			}
		}, poll},
		{"Batch", func() {
			for _, message := range [...][]byte{x.short, x.long} {
				if err := batch.Add(message); !errors.Is(err, aeron.ErrBatchFull) {
					x.note(err)
				}
			}
			n, err := batch.Flush()
			x.sent += n
			x.took(0, err)
		}, poll},
		{"Writer", func() {
			drain()
			for range 10 {
				_, err := writer.Write(x.short)
				x.took(1, err)
			}
			x.note(writer.Flush(ctx))
		}, poll},
	}
	if p, ok := x.p.(*aeron.ExclusivePublication); ok {
		ways = append(ways, way{"AppendPadding", func() { x.took(0, second(p.AppendPadding(100))) }, poll}, way{"OfferBlock", func() {
			x.place(p)
			x.took(2, second(p.OfferBlock(x.frames)))
		}, poll})
	}
	return ways
}

// inLoop is how many allocations a message of a loop costs that takes what is sent inside it. Process-wide, as with testing.AllocsPerRun.
func (x *traffic) inLoop(loop func(body func() bool)) uint64 {
	const messages = 1000
	var before, after runtime.MemStats
	n := 0
	send := func() {
		for x.odd == nil && !x.took(1, second(x.p.Offer(x.short))) {
		}
	}
	send()
	loop(func() bool {
		x.received++
		switch n++; n {
		case 1:
			runtime.ReadMemStats(&before)
		case 1 + messages:
			runtime.ReadMemStats(&after)
			return false
		}
		send()
		return x.odd == nil
	})
	return (after.Mallocs - before.Mallocs) / messages
}

func TestDataPath_everyOtherWayDoesNotAllocate(t *testing.T) {
	figures.Begin(t)
	d := start(t, config(t))
	counted := 0
	stream := int32(0) // a new one each: the driver may still know the subscriber of the one before
	for _, k := range kinds {
		for _, tr := range transports {
			t.Run(k.name+"/"+tr.name, func(t *testing.T) {
				stream++
				p, err := k.add(d, testdriver.Context(t), tr.channel(t), stream)
				require.NoError(t, err)
				x := newTraffic(t, d, p)
				for _, w := range x.ways(t) {
					requireNoAllocation(t, w.name, func() { w.send(); w.receive() })
					require.NoError(t, x.odd, w.name)
					testdriver.Await(t, "the rest", func() bool { w.receive(); return x.received == x.sent })
					counted++
				}
				require.Greater(t, x.sent, 5000, "else nothing was measured")
				ctx, cancel := context.WithCancel(testdriver.Context(t))
				defer cancel()
				for what, allocations := range map[string]uint64{
					"Messages": x.inLoop(func(body func() bool) {
						for _, err := range x.s.Messages(ctx) {
							if x.note(err); err != nil || !body() {
								return
							}
						}
					}),
					"Fragments": x.inLoop(func(body func() bool) {
						for _, err := range x.s.Fragments(ctx) {
							if x.note(err); err != nil || !body() {
								return
							}
						}
					}),
				} {
					if countsAllocations {
						require.Zero(t, allocations, what)
					}
					counted++
				}
				require.NoError(t, x.odd)
				require.NoError(t, errors.Join(p.Close(), x.s.Close()))
			})
		}
	}
	if countsAllocations {
		figures.Record(t, "other operations, likewise", counted)
	}
}

// Where a term ends, and where the window does, a message is tried again: three times and more in the 200 that are counted together here.
func TestDataPath_aMessageThatWaitsDoesNotAllocate(t *testing.T) {
	d := start(t, config(t))
	p, err := d.AddExclusivePublication(testdriver.Context(t), "aeron:ipc?term-length=64k", 1)
	require.NoError(t, err)
	x := newTraffic(t, d, p)
	ctx, message := testdriver.Context(t), make([]byte, 1000)
	for what, send := range map[string]func() error{
		"Publish": func() error { return x.p.Publish(ctx, message) },
		"Send":    func() error { return second(x.d.Send(ctx, x.p, message, aeron.SendOptions{})) },
	} {
		requireNoAllocation(t, what, func() {
			for range 200 {
				x.took(1, send())
				for x.received < x.sent && x.odd == nil {
					x.note(second(x.s.Poll(x.use, 10)))
				}
			}
		})
		require.NoError(t, x.odd, what)
	}
}

// Each claim that is open beyond those that the publication has room for costs one allocation.
func TestDataPath_allocatesForMoreThan32OpenClaims(t *testing.T) {
	d := start(t, config(t))
	for n, k := range kinds {
		p, err := k.add(d, testdriver.Context(t), "aeron:ipc", int32(n)+1)
		require.NoError(t, err)
		s := connect(t, d, p)
		wait := idle.Backoff()
		for open, want := range map[int]float64{32: 0, 33: 1, 40: 8} {
			claims := make([]aeron.Claim, open)
			var odd error
			allocations := testing.AllocsPerRun(100, func() {
				for i := range claims {
					c, err := p.TryClaim(8)
					for ; errors.Is(err, aeron.ErrAdminAction) || errors.Is(err, aeron.ErrBackPressured); c, err = p.TryClaim(8) {
						wait.Idle(0)
					}
					if err != nil {
						odd = err
						return
					}
					claims[i] = c
				}
				for _, c := range claims {
					odd = errors.Join(odd, c.Commit())
				}
				odd = errors.Join(odd, second(s.Poll(func(aeron.Fragment) {}, 1000)))
			})
			require.NoError(t, odd)
			if countsAllocations {
				require.InDelta(t, want, allocations, 0, "%s, %d open", k.name, open)
			}
		}
		require.NoError(t, errors.Join(p.Close(), s.Close()))
	}
}
