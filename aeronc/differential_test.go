package aeronc_test

import (
	"bytes"
	"encoding/binary"
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

// side is one of two publications that are to be made do the same. Its driver is stepped, so that the window moves when the test says so.
type side struct {
	driver *stepped
	p      writing
	s      *aeronc.Subscription
	batch  *aeronc.Batch
	claims []aeronc.Claim
	log    []byte // the file, mapped
}

const (
	differentialTerm    = 64 << 10
	differentialPayload = 1408 - 32
)

// open adds a publication, and a subscription that reads it.
func (d *stepped) open(t testing.TB, exclusive, reference bool, stream int32) *side {
	t.Helper()
	ctx := testdriver.Context(t)
	channel := "aeron:ipc?term-length=64k|mtu=1408|init-term-id=2147483646|term-id=2147483646|term-offset=0|session-id=77"
	x := &side{driver: d}
	d.during(func() {
		var err error
		x.s, err = d.client.AddSubscription(ctx, "aeron:ipc", stream)
		require.NoError(t, err)
		if exclusive {
			x.p, err = d.client.AddExclusivePublication(ctx, channel, stream)
		} else {
			x.p, err = d.client.AddPublication(ctx, channel, stream)
		}
		require.NoError(t, err)
		if reference {
			x.p.Reference()
		}
		x.batch, err = x.p.NewBatch(8 << 10)
		require.NoError(t, err)
		testdriver.Await(t, "connected", func() bool { return x.s.IsConnected() && x.p.IsConnected() })
	})
	x.log = mapped(t, filepath.Join(d.Dir(), "publications", fmt.Sprintf("%d.logbuffer", x.p.Constants().OriginalRegistrationID)))
	require.Len(t, x.log, 3*differentialTerm+4096)
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
func (x *side) state() []byte { return x.log[:3*differentialTerm+28] }

// outcome is what a call gave, to be compared.
type outcome struct {
	position int64
	n        int
	err      error
	data     [][]byte
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
	exclusive, _ := x.p.(*aeronc.ExclusivePublication)
	switch op % 16 {
	case 0, 1, 2, 3:
		o.position, o.err = x.p.Offer(message)
	case 4:
		one, two := length/3, length/2
		o.position, o.err = x.p.OfferVectored(message[:one], nil, message[one:two], message[two:])
	case 5:
		o.position, o.err = x.p.OfferReserved(int64(b)<<40|int64(a), message)
	case 6, 7:
		claim, err := x.p.TryClaim(length)
		if o.err = err; err == nil {
			copy(claim.Data(), message)
			o.position = claim.Position()
			if b%2 == 0 {
				require.NoError(t, claim.SetReservedValue(int64(b)))
			}
			x.claims = append(x.claims, claim)
		}
	case 8:
		if len(x.claims) > 0 {
			at := int(a) % len(x.claims)
			if b%3 == 0 {
				o.err = x.claims[at].Abort()
			} else {
				o.err = x.claims[at].Commit()
			}
			x.claims = append(x.claims[:at:at], x.claims[at+1:]...)
		}
	case 9:
		if exclusive != nil {
			o.position, o.err = exclusive.AppendPadding(length)
		}
	case 10, 11:
		for n := range int(b)%20 + 1 {
			if o.err = x.batch.Add(message[:max(0, length-n)]); o.err != nil {
				break
			}
			o.n++
		}
	case 12:
		o.n, o.err = x.batch.Flush()
		o.position = int64(x.batch.Len())
	case 13, 14:
		o.n, o.err = x.s.PollControlled(func(f aeronc.Fragment) aeronc.Action {
			header := binary.LittleEndian.AppendUint64(nil, uint64(f.Position()))
			header = binary.LittleEndian.AppendUint64(header, uint64(f.ReservedValue()))
			header = append(header, f.Flags())
			o.data = append(o.data, append(header, f.Data()...))
			return aeronc.Action(b%4 + 1)
		}, int(a)%40)
	case 15:
		x.settle(t)
	}
	o.err = sentinel(o.err)
	return o
}

// level ends what is open, reads everything, and goes on to where a term begins: there one script after the other may start.
func (x *side) level(t testing.TB) {
	for _, claim := range x.claims {
		require.NoError(t, claim.Commit())
	}
	x.claims = nil
	for filler := make([]byte, 7000); ; {
		_, err := x.batch.Flush()
		if err == nil {
			_, err = x.p.Offer(filler)
		}
		position, e := x.p.Position()
		require.NoError(t, e)
		switch {
		case errors.Is(err, aeronc.ErrBackPressured):
			x.drain(t)
		case errors.Is(err, aeronc.ErrAdminAction) && x.batch.Len() == 0 && position%differentialTerm == 0:
			x.drain(t)
			return
		case !errors.Is(err, aeronc.ErrAdminAction):
			require.NoError(t, err)
		}
	}
}

func (x *side) drain(t testing.TB) {
	for n := 1; n > 0; {
		var err error
		n, err = x.s.Poll(func(aeronc.Fragment) {}, 1000)
		require.NoError(t, err)
	}
	x.settle(t)
}

// pair is Go's writing beside C's.
type pair struct{ ours, theirs *side }

func openPair(t testing.TB, ours, theirs *stepped, exclusive bool, stream int32) *pair {
	return &pair{ours.open(t, exclusive, false, stream), theirs.open(t, exclusive, true, stream)}
}

func (p *pair) close(t testing.TB) {
	if p == nil {
		return
	}
	for _, x := range []*side{p.ours, p.theirs} {
		require.NoError(t, x.p.Close())
		require.NoError(t, x.s.Close())
		require.NoError(t, syscall.Munmap(x.log))
	}
}

// run follows a script on both sides, and looks at log and results after every step.
func (p *pair) run(t testing.TB, script func() (op, a, b uint16, more bool)) (position int64) {
	require.True(t, bytes.Equal(p.theirs.state(), p.ours.state()), "before the first step")
	for step := 0; ; step++ {
		op, a, b, more := script()
		if !more {
			break
		}
		want, got := p.theirs.do(t, op, a, b), p.ours.do(t, op, a, b)
		require.Equal(t, want, got, "step %d: op %d, a %d, b %d", step, op%16, a, b)
		if mine, c := p.ours.state(), p.theirs.state(); !bytes.Equal(c, mine) {
			at := 0
			for c[at] == mine[at] {
				at++
			}
			at &^= 31
			require.Equal(t, c[at:min(at+64, len(c))], mine[at:min(at+64, len(c))], "step %d: op %d, a %d, b %d: the log at %d", step, op%16, a, b, at)
		}
	}
	p.theirs.level(t)
	p.ours.level(t)
	require.True(t, bytes.Equal(p.theirs.state(), p.ours.state()), "after the last step")
	position, err := p.ours.p.Position()
	require.NoError(t, err)
	return position
}

func TestReference_randomScripts(t *testing.T) {
	for _, kind := range []string{"exclusive", "concurrent"} {
		t.Run(kind, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, uint64(len(kind))))
			steps := 4000
			p := openPair(t, newStepped(t), newStepped(t), kind == "exclusive", 5)
			position := p.run(t, func() (uint16, uint16, uint16, bool) {
				steps--
				return uint16(random.Uint32()), uint16(random.Uint32()), uint16(random.Uint32()), steps >= 0
			})
			p.close(t)
			require.Greater(t, position, int64(10*differentialTerm), "else hardly a term was ended")
		})
	}
}
