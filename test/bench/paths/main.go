// Command paths tells what a message costs on each way through this module besides time: objects allocated, and crossings into C.
// For every path it prints "NAME ALLOCATIONS CROSSINGS NANOSECONDS", each for one message sent and received, on one goroutine.
//
//	paths DIR MESSAGES UDPPORT
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"

	"github.com/aeroncgo/aeron"
)

const (
	fragmentLimit = 256
	// turn is how many messages are sent before they are received.
	turn = 16
	// attempts is how often a path is measured. The fewest allocations count: what else runs in the process allocates too, now and then.
	// What a path does for its messages, it does in every attempt, however seldom: a log is rotated many times in each.
	attempts = 3
	patience = 20 * time.Second
)

func main() {
	if err := run(); err != nil {
		log.Fatal("paths: ", err)
	}
}

func run() error {
	if len(os.Args) != 4 {
		return errors.New("usage: paths DIR MESSAGES UDPPORT")
	}
	messages, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return err
	}
	drv, err := aeron.Open(aeron.Config{Directory: os.Args[1], External: true})
	if err != nil {
		return err
	}
	defer drv.Close()
	if err := drv.Start(context.Background()); err != nil {
		return err
	}
	for i, p := range paths {
		p.messages = messages
		if p.channel == udp {
			p.channel = strings.Replace(udp, "PORT", os.Args[3], 1)
			p.messages /= 50 // they go through the kernel
		}
		if err := p.measure(drv, int32(2000+i)); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// cost is what so many messages took.
type cost struct {
	allocations, crossings uint64
	elapsed                time.Duration
}

// less compares allocations, and of as many, times.
func (c cost) less(than cost) bool {
	return cmp.Or(cmp.Compare(c.allocations, than.allocations), cmp.Compare(c.elapsed, than.elapsed)) < 0
}

// share is one message's.
type share struct{ allocations, crossings, nanoseconds float64 }

func (p path) measure(drv *aeron.Driver, stream int32) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	l, err := p.open(ctx, drv, stream)
	if err != nil {
		return err
	}
	c, err := l.perMessage(p.messages / turn)
	if err == nil {
		fmt.Println(p.name, c.allocations, c.crossings, c.nanoseconds)
	}
	return errors.Join(err, l.close())
}

// perMessage is what a message costs more when there are twice as many: what a run takes by itself, such as a loop's beginning, is in neither.
func (l *loop) perMessage(turns int) (share, error) {
	least := map[int]cost{}
	for attempt := range attempts + 1 { // the first one warms up
		for _, n := range []int{turns, 2 * turns} {
			c, err := l.run(n * turn)
			if err != nil {
				return share{}, err
			}
			if before, ok := least[n]; attempt > 0 && (!ok || c.less(before)) {
				least[n] = c
			}
		}
	}
	once, twice := least[turns], least[2*turns]
	n := float64(turns * turn)
	return share{
		allocations: max(0, float64(twice.allocations)-float64(once.allocations)) / n,
		crossings:   max(0, float64(twice.crossings)-float64(once.crossings)) / n,
		nanoseconds: float64(twice.elapsed.Nanoseconds()) / (2 * n),
	}, nil
}

func (l *loop) run(messages int) (cost, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC()
	var before, after runtime.MemStats
	crossings := []metrics.Sample{{Name: "/cgo/go-to-c-calls:calls"}}
	metrics.Read(crossings)
	runtime.ReadMemStats(&before)
	crossed := crossings[0].Value.Uint64()
	begin := time.Now()
	err := l.exchange(messages / turn)
	c := cost{elapsed: time.Since(begin)}
	runtime.ReadMemStats(&after)
	metrics.Read(crossings)
	c.allocations, c.crossings = after.Mallocs-before.Mallocs, crossings[0].Value.Uint64()-crossed
	return c, err
}

// turns sends and receives in turns.
func (l *loop) turns(turns int) error {
	for range turns {
		if err := l.sendTurn(); err != nil {
			return err
		}
		for until := l.received + turn; l.received < until; {
			n, err := l.poll()
			if err != nil {
				return err
			}
			l.wait.Idle(n)
		}
	}
	return nil
}

func (l *loop) sendTurn() error {
	for sent := 0; sent < turn; {
		n, err := l.send(turn - sent)
		sent += n
		if errors.Is(err, aeron.ErrBackPressured) {
			l.wait.Idle(0)
		} else if err != nil && !errors.Is(err, aeron.ErrAdminAction) {
			return err
		}
	}
	return nil
}
