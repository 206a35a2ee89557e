package aeronc_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron/aeronc"
	"github.com/aeroncgo/aeron/internal/testdriver"
	"github.com/aeroncgo/aeron/test/reliability/figures"
)

// writing is all that either kind of publication can do with a log.
type writing interface {
	sender
	OfferVectored(parts ...[]byte) (int64, error)
	OfferReserved(reserved int64, parts ...[]byte) (int64, error)
	NewBatch(length int) (*aeronc.Batch, error)
	Reference()
}

// stepped is a driver that moves when the test says so, with a client.
type stepped struct {
	*testdriver.Driver
	client *aeronc.Client
}

func newStepped(t testing.TB) *stepped {
	t.Helper()
	d := &stepped{Driver: testdriver.Start(t, func(c *aeronc.DriverContext) {
		require.NoError(t, c.SetThreadingMode(aeronc.ThreadingInvoker))
		require.NoError(t, c.SetIPCPublicationTermWindowLength(24<<10))
	})}
	// The client closes before the driver does, and needs no help for that: a close is one command, which nobody answers.
	d.during(func() { d.client = d.Connect() })
	return d
}

// during lets the driver run for as long as f waits for it.
func (d *stepped) during(f func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = d.DoWork() // its errors come again in settle
			}
		}
	}()
	defer func() {
		close(stop)
		<-stopped
	}()
	f()
}

// side is one of two drivers on which the same is to happen, each with two publications and a subscription to both. Its driver is stepped,
// so that the window moves when the test says so.
type side struct {
	driver *stepped
	outs   [2]*out
	reader
}

// out is a publication.
type out struct {
	p      writing
	batch  *aeronc.Batch
	claims []aeronc.Claim
	log    []byte // the file, mapped
}

const (
	differentialTerm    = 64 << 10
	differentialPayload = 1408 - 32
)

// open adds publications, the second of which is exclusive in any case, and a subscription that reads them.
func (d *stepped) open(t testing.TB, exclusive, reference bool, stream int32) *side {
	t.Helper()
	ctx := testdriver.Context(t)
	x := &side{driver: d}
	x.c = reference
	d.during(func() {
		var err error
		x.s, err = d.client.AddSubscription(ctx, "aeron:ipc", stream)
		require.NoError(t, err)
		for n := range x.outs {
			o := &out{}
			channel := fmt.Sprintf("aeron:ipc?term-length=64k|mtu=1408|init-term-id=2147483646|term-id=2147483646|term-offset=0|session-id=%d", 77+n)
			if exclusive || n > 0 {
				o.p, err = d.client.AddExclusivePublication(ctx, channel, stream)
			} else {
				o.p, err = d.client.AddPublication(ctx, channel, stream)
			}
			require.NoError(t, err)
			if reference {
				o.p.Reference()
			}
			o.batch, err = o.p.NewBatch(8 << 10)
			require.NoError(t, err)
			testdriver.Await(t, "connected", func() bool { return x.s.ImageCount() == n+1 && o.p.IsConnected() })
			x.outs[n] = o
		}
	})
	for _, o := range x.outs {
		o.log = mapped(t, filepath.Join(d.Dir(), "publications", fmt.Sprintf("%d.logbuffer", o.p.Constants().OriginalRegistrationID)))
		require.Len(t, o.log, 3*differentialTerm+4096)
	}
	x.images = x.s.Images()
	x.settle(t)
	return x
}

// mapped is a file as it is at any time, for whoever unmaps it.
func mapped(t testing.TB, name string) []byte {
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	info, err := f.Stat()
	require.NoError(t, err)
	data, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	require.NoError(t, err)
	return data
}

// settle lets the driver see what was written and read.
func (x *side) settle(t testing.TB) {
	for range 8 {
		_, err := x.driver.DoWork()
		require.NoError(t, err)
	}
}

// state is the log's terms, and what its metadata tell of writing.
func (o *out) state() []byte { return o.log[:3*differentialTerm+28] }

// outcome is what a call gave, to be compared.
type outcome struct {
	position int64
	n        int
	err      error
	poll     string // its kind
	read     []delivered
	consumed [2]int64
}

// sentinel is the error without what names the driver.
func sentinel(err error) error {
	for _, known := range []error{
		aeronc.ErrBackPressured, aeronc.ErrAdminAction, aeronc.ErrNotConnected, aeronc.ErrClosed, aeronc.ErrMaxPositionExceeded,
		aeronc.ErrMessageTooLong, aeronc.ErrInvalidArgument, aeronc.ErrBatchFull, aeronc.ErrClaimResolved,
	} {
		if errors.Is(err, known) {
			return known
		}
	}
	return err
}

// do carries out what a script says, which is read like random numbers are.
func (x *side) do(t testing.TB, op, a, b uint16) (o outcome) {
	to := x.outs[op>>15]
	length := int(a) % 200
	switch a >> 13 {
	case 0, 1:
		length = int(a) % (differentialPayload + 1)
	case 2:
		length = int(a)%7*differentialPayload + int(b)%3 - 1 // about where one fragment more is needed
	case 3:
		length = int(a) % (differentialTerm/8 + 2) // over the limit by one
	}
	length = max(0, length)
	message := make([]byte, length)
	for i := range message {
		message[i] = byte(i*7) + byte(b)
	}
	exclusive, _ := to.p.(*aeronc.ExclusivePublication)
	switch op % 16 {
	case 0, 1, 2, 3:
		o.position, o.err = to.p.Offer(message)
	case 4:
		one, two := length/3, length/2
		o.position, o.err = to.p.OfferVectored(message[:one], nil, message[one:two], message[two:])
	case 5:
		o.position, o.err = to.p.OfferReserved(int64(b)<<40|int64(a), message)
	case 6, 7:
		claim, err := to.p.TryClaim(length)
		if o.err = err; err == nil {
			copy(claim.Data(), message)
			o.position = claim.Position()
			if b%2 == 0 {
				require.NoError(t, claim.SetReservedValue(int64(b)))
			}
			to.claims = append(to.claims, claim)
		}
	case 8:
		if len(to.claims) > 0 {
			at := int(a) % len(to.claims)
			if b%3 == 0 {
				o.err = to.claims[at].Abort()
			} else {
				o.err = to.claims[at].Commit()
			}
			to.claims = append(to.claims[:at:at], to.claims[at+1:]...)
		}
	case 9:
		if exclusive != nil {
			o.position, o.err = exclusive.AppendPadding(length)
		}
	case 10, 11:
		for n := range int(b)%20 + 1 {
			if o.err = to.batch.Add(message[:max(0, length-n)]); o.err != nil {
				break
			}
			o.n++
		}
	case 12:
		o.n, o.err = to.batch.Flush()
		o.position = int64(to.batch.Len())
	case 13, 14:
		o = x.poll(x.draw(op>>4, a, b))
	case 15:
		x.settle(t)
	}
	o.err = sentinel(o.err)
	for n, image := range x.images {
		o.consumed[n] = image.Position()
	}
	return o
}

// level ends what is open, reads everything, and goes on to where a term begins: there one script after the other may start.
func (x *side) level(t testing.TB) {
	for n, to := range x.outs {
		for _, claim := range to.claims {
			require.NoError(t, claim.Commit())
		}
		to.claims = nil
		x.fill(t, to)
		position, err := to.p.Position()
		require.NoError(t, err)
		require.Equal(t, position, x.images[n].Position(), "all of it was read")
	}
}

// fill writes up to the end of a term.
func (x *side) fill(t testing.TB, to *out) {
	for filler := make([]byte, 7000); ; {
		_, err := to.batch.Flush()
		if err == nil {
			_, err = to.p.Offer(filler)
		}
		position, e := to.p.Position()
		require.NoError(t, e)
		switch {
		case errors.Is(err, aeronc.ErrBackPressured):
			x.drain(t)
		case errors.Is(err, aeronc.ErrAdminAction) && to.batch.Len() == 0 && position%differentialTerm == 0:
			x.drain(t)
			return
		case !errors.Is(err, aeronc.ErrAdminAction):
			require.NoError(t, err)
		}
	}
}

func (x *side) drain(t testing.TB) {
	for n := 1; n > 0; {
		o := x.poll(poll{image: everyImage, limit: 1000})
		require.NoError(t, o.err)
		n = o.n
	}
	x.settle(t)
}

// pair is Go's writing and reading beside C's.
type pair struct {
	ours, theirs *side
	read         map[string]int // fragments and messages, by the kind of poll
}

func openPair(t testing.TB, ours, theirs *stepped, exclusive bool, stream int32) *pair {
	return &pair{ours.open(t, exclusive, false, stream), theirs.open(t, exclusive, true, stream), map[string]int{}}
}

func (p *pair) close(t testing.TB) {
	if p == nil {
		return
	}
	for _, x := range []*side{p.ours, p.theirs} {
		for _, o := range x.outs {
			require.NoError(t, o.p.Close())
			require.NoError(t, syscall.Munmap(o.log))
		}
		require.NoError(t, x.s.Close())
	}
}

// same holds the logs of both sides together.
func (p *pair) same(t testing.TB, when string) {
	for n := range p.ours.outs {
		mine, c := p.ours.outs[n].state(), p.theirs.outs[n].state()
		if bytes.Equal(c, mine) {
			continue
		}
		at := 0
		for c[at] == mine[at] {
			at++
		}
		at &^= 31
		require.Equal(t, c[at:min(at+64, len(c))], mine[at:min(at+64, len(c))], "%s: log %d at %d", when, n, at)
	}
}

// run follows a script on both sides, and looks at logs and results after every step. Messages are put together by one of C's assemblers; with
// byLibrary, what is held against C's polls is not Go's walk but the reference path that users may choose.
func (p *pair) run(t testing.TB, by assembler, byLibrary bool, script func() (op, a, b uint16, more bool)) (position int64) {
	p.same(t, "before the first step")
	p.ours.s.Reference(byLibrary || aeronc.ReferenceBuild)
	for _, x := range []*side{p.ours, p.theirs} {
		require.NoError(t, x.begin(by))
	}
	for step := 0; ; step++ {
		op, a, b, more := script()
		if !more {
			break
		}
		want, got := p.theirs.do(t, op, a, b), p.ours.do(t, op, a, b)
		when := fmt.Sprintf("step %d: op %d of %d, a %d, b %d", step, op%16, op, a, b)
		require.Equal(t, want, got, when)
		p.same(t, when)
		p.read[got.poll] += len(got.read)
	}
	p.theirs.level(t)
	p.ours.level(t)
	p.same(t, "after the last step")
	for _, x := range []*side{p.ours, p.theirs} {
		require.NoError(t, x.end())
	}
	position, err := p.ours.outs[0].p.Position()
	require.NoError(t, err)
	return position
}

func TestReference_randomScripts(t *testing.T) {
	figures.Begin(t)
	total := 0
	for _, kind := range []string{"exclusive", "concurrent"} {
		t.Run(kind, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, uint64(len(kind))))
			p := openPair(t, newStepped(t), newStepped(t), kind == "exclusive", 5)
			position := int64(0)
			for script := range 2 * assemblers {
				steps := 2000
				position = p.run(t, script%assemblers, script >= assemblers, func() (uint16, uint16, uint16, bool) {
					steps--
					return uint16(random.Uint32()), uint16(random.Uint32()), uint16(random.Uint32()), steps >= 0
				})
			}
			p.close(t)
			require.Greater(t, position, int64(40*differentialTerm), "else hardly a term was ended")
			delete(p.read, "")
			require.Len(t, p.read, 14, "all kinds of polls: %v", p.read)
			for kind, n := range p.read {
				require.Greater(t, n, 50, kind)
				total += n
			}
		})
	}
	figures.Record(t, "fragments, messages and blocks that Go and C read alike", total)
}
