package aeron_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/internal/testdriver"
)

// eachFrom are the ways to be called with a message.
var eachFrom = []struct {
	name string
	once func(s *aeron.Subscription, f func(data []byte)) error
}{
	{"Poll", func(s *aeron.Subscription, f func([]byte)) error {
		return second(s.Poll(func(m aeron.Fragment) { f(m.Data()) }, 100))
	}},
	{"PollMessages", func(s *aeron.Subscription, f func([]byte)) error {
		return second(s.PollMessages(func(m aeron.Message) { f(m.Data()) }, 100))
	}},
	{"PollControlled", func(s *aeron.Subscription, f func([]byte)) error {
		return second(s.PollControlled(func(m aeron.Fragment) aeron.Action { f(m.Data()); return aeron.Commit }, 100))
	}},
	{"Messages", func(s *aeron.Subscription, f func([]byte)) error {
		ctx, cancel := context.WithTimeout(context.Background(), testdriver.Patience)
		defer cancel()
		var first sync.Once
		for m, err := range s.Messages(ctx) {
			if err != nil {
				return err
			}
			first.Do(func() { time.AfterFunc(20*time.Millisecond, cancel) }) // what else there is comes with it, in one poll
			f(m.Data())
		}
		return nil
	}},
}

func TestHandler_mayUseAllButThePollItIsIn(t *testing.T) {
	for _, from := range eachFrom {
		t.Run(from.name, func(t *testing.T) {
			d, p, s := stream(t, "aeron:ipc")
			publish(t, p, "x")
			other, err := d.AddSubscription(testdriver.Context(t), "aeron:ipc", 11)
			require.NoError(t, err)
			var errs []error
			check := func(ok bool, what string) {
				if !ok {
					errs = append(errs, errors.New(what))
				}
			}
			calls := 0
			err = from.once(s, func([]byte) {
				calls++
				for _, again := range eachFrom {
					check(errors.Is(again.once(s, func([]byte) { errs = append(errs, errors.New("delivered inside")) }), aeron.ErrBusy), again.name+" inside a handler must be ErrBusy")
				}
				check(s.IsConnected() && len(s.Images()) == 1 && !s.IsClosed(), "questions are answered")
				check(s.AwaitReady(context.Background()) == nil, "AwaitReady")
				_, err := other.Poll(func(aeron.Fragment) {}, 1)
				check(err == nil, "another subscription may be polled")
				pub, err := d.AddPublication(context.Background(), "aeron:ipc", 11)
				check(err == nil, "adding")
				if err == nil {
					check(pub.Publish(context.Background(), []byte("onward")) == nil, "publishing")
					check(pub.Close() == nil, "closing another thing")
				}
			})
			if from.name == "Messages" {
				require.ErrorIs(t, err, context.Canceled)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, 1, calls)
			require.NoError(t, errors.Join(errs...))
			require.Equal(t, []string{"onward"}, receive(t, other, 1))
		})
	}
}

func TestHandler_goexitLeavesTheSubscriptionUsable(t *testing.T) {
	for _, from := range eachFrom {
		t.Run(from.name, func(t *testing.T) {
			_, p, s := stream(t, "aeron:ipc?mtu=1408")
			long := string(pattern(4000, 1))
			publish(t, p, "first", long, "last")
			exited := make(chan struct{})
			var seen []string
			go func() {
				defer close(exited)
				_ = from.once(s, func(data []byte) {
					if len(data) == len(long) {
						runtime.Goexit()
					}
					seen = append(seen, string(data))
				})
				t.Error("came back from Goexit")
			}()
			<-exited
			require.Equal(t, []string{"first"}, seen)
			require.Equal(t, []string{long, "last"}, receive(t, s, 2), "the message it left at comes again")
			require.NoError(t, s.Close())
		})
	}
}
