package faults

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aeroncgo/aeron"
)

// worker is a loop that goes through a number of things to do until it is told to stop.
type worker struct {
	steps    int
	rounds   atomic.Int64
	stop     atomic.Bool
	step     sync.Mutex // held while it does something
	done     chan error
	outcomes map[string]int // once done
}

func work(steps []func(round int64) error) *worker {
	w := &worker{steps: len(steps), done: make(chan error, 1), outcomes: map[string]int{}}
	go func() {
		for !w.stop.Load() {
			round := w.rounds.Load()
			w.step.Lock()
			err := steps[round%int64(len(steps))](round)
			w.step.Unlock()
			if odd := typed(err); odd != nil {
				w.done <- odd
				return
			}
			w.outcomes[inAWord(err)]++
			w.rounds.Add(1)
			if round%8 == 0 {
				runtime.Gosched()
			}
		}
		w.done <- nil
	}()
	return w
}

// inAWord is an error in one word.
func inAWord(err error) string {
	for _, known := range []error{
		aeron.ErrNotConnected, aeron.ErrBackPressured, aeron.ErrAdminAction, aeron.ErrClosed, aeron.ErrMaxPositionExceeded, aeron.ErrMessageTooLong,
		aeron.ErrBatchFull, aeron.ErrClaimUnblocked, aeron.ErrCorruptFrame,
	} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if err != nil {
		return "another typed error"
	}
	return "well"
}

// around waits until the worker has done everything that it does twice more.
func (w *worker) around(what string) error {
	until, deadline := w.rounds.Load()+2*int64(w.steps), time.Now().Add(prompt)
	for w.rounds.Load() < until {
		select {
		case err := <-w.done:
			w.done <- err
			return err
		default:
		}
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			return fmt.Errorf("a call does not return, of %s\n%s", what, stacks[:runtime.Stack(stacks, true)])
		}
		time.Sleep(20 * time.Microsecond)
	}
	return nil
}

// writes are the ways to write.
func (v *flippedStream) writes() []func(round int64) error {
	pub, message := v.pub, make([]byte, 1<<13)
	piece := func(round int64) []byte { return message[:[]int{0, 40, 300, 1376, 3000, 8000}[round/8%6]] }
	claim := func(round int64, end func(aeron.Claim) error) error {
		c, err := pub.TryClaim(len(piece(round)) % 1400)
		if err != nil {
			return err
		}
		copy(c.Data(), message)
		return errors.Join(typed(c.SetReservedValue(round)), end(c))
	}
	batch := aeron.NewBatch(pub, 1<<12)
	return []func(int64) error{
		func(round int64) error { _, err := pub.Offer(piece(round)); return err },
		func(round int64) error { _, err := pub.OfferVectored(piece(round), message[:100]); return err },
		func(round int64) error { _, err := pub.OfferReserved(round, piece(round)); return err },
		func(round int64) error { return claim(round, aeron.Claim.Commit) },
		func(round int64) error { return claim(round, aeron.Claim.Abort) },
		func(round int64) error {
			for range 5 {
				if err := batch.Add(piece(round)); err != nil {
					break
				}
			}
			_, err := batch.Flush()
			batch.Reset()
			return err
		},
		func(int64) error {
			_, err := pub.Position()
			_, err2 := pub.PositionLimit()
			_, _, _ = pub.IsConnected(), pub.IsClosed(), pub.Constants()
			return errors.Join(err, err2)
		},
	}
}

// reads are the ways to read; every byte that they give is looked at.
func (v *flippedStream) reads() []func(round int64) error {
	sub, sum := v.sub, 0
	see := func(data []byte) {
		for _, b := range data {
			sum += int(b)
		}
	}
	fragment := func(f aeron.Fragment) { see(f.Data()) }
	first := func(read func(*aeron.Image) (int, error)) error {
		for _, i := range sub.Images() {
			if _, err := read(i); err != nil {
				return err
			}
		}
		return nil
	}
	return []func(int64) error{
		func(int64) error { _, err := sub.Poll(fragment, 10); return err },
		func(int64) error { _, err := sub.PollMessages(func(m aeron.Message) { see(m.Data()) }, 10); return err },
		func(round int64) error {
			_, err := sub.PollControlled(func(f aeron.Fragment) aeron.Action {
				fragment(f)
				return []aeron.Action{aeron.Continue, aeron.Commit, aeron.Abort, aeron.Break}[round/8%4]
			}, 10)
			return err
		},
		func(int64) error { _, err := sub.PollBlocks(func(b aeron.Block) { see(b.Data()) }, 4096); return err },
		func(int64) error { return first(func(i *aeron.Image) (int, error) { return i.Poll(fragment, 10) }) },
		func(round int64) error {
			return first(func(i *aeron.Image) (int, error) { return i.PollBounded(fragment, i.Position()+round%5000, 10) })
		},
		func(int64) error {
			return first(func(i *aeron.Image) (int, error) {
				_, _, _, _ = i.Position(), i.IsClosed(), i.Constants(), i.DroppedMessages()
				_, _, _, _ = i.IsEndOfStream(), i.EndOfStreamPosition(), i.IsPublicationRevoked(), i.ActiveTransportCount()
				return 0, nil
			})
		},
	}
}
