// Command checked sends messages by every way there is, and looks at each that arrives: go run ./test/checked -messages 1e8. Every message
// holds its number and bytes that follow from it; what is lost, doubled, out of order or changed ends the run with an error. Terms are the
// shortest there are, so that the log turns over all the time.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/aeroncgo/aeron"
)

func main() {
	messages := flag.Float64("messages", 1e8, "how many messages to send in all")
	asJSON := flag.Bool("json", false, "print one JSON object")
	flag.Parse()
	reports, err := run(context.Background(), int64(*messages))
	if err != nil {
		log.Fatal("checked: ", err)
	}
	if *asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(reports); err != nil {
			log.Fatal("checked: ", err)
		}
		return
	}
	fmt.Printf("%-24s %12s %10s %14s %8s\n", "case", "messages", "terms", "bytes", "seconds")
	for _, r := range reports {
		fmt.Printf("%-24s %12d %10d %14d %8.1f\n", r.Case, r.Messages, r.Terms, r.Bytes, r.Seconds)
	}
}

// report is what one case did.
type report struct {
	Case     string  `json:"case"`
	Messages int64   `json:"messages"`
	Terms    int64   `json:"terms"` // how often the log went on to its next term
	Bytes    int64   `json:"bytes"` // of the messages
	Seconds  float64 `json:"seconds"`
}

func run(ctx context.Context, messages int64) ([]report, error) {
	drv, err := aeron.Open(aeron.Config{AppID: "checked-" + strconv.Itoa(os.Getpid()), UniqueDirectory: true, Threading: aeron.Shared})
	if err != nil {
		return nil, err
	}
	if err := drv.Start(ctx); err != nil {
		return nil, errors.Join(err, drv.Close())
	}
	reports, err := cases(ctx, drv, messages)
	return reports, errors.Join(err, drv.Close())
}

func cases(ctx context.Context, drv *aeron.Driver, messages int64) ([]report, error) {
	const ipc = "aeron:ipc?term-length=64k"
	var reports []report
	var total, terms int64
	for n, c := range []struct {
		name, channel string
		exclusive     bool
		part          int64 // of a hundred
		writers       int
		way           way
	}{
		{"exclusive offer", ipc, true, 25, 1, offers},
		{"exclusive batch", ipc, true, 25, 1, batches},
		{"exclusive claim", ipc, true, 10, 1, claims},
		{"exclusive parts", ipc, true, 4, 1, parts},
		{"concurrent offer, 4", ipc, false, 12, 4, offers},
		{"concurrent batch, 4", ipc, false, 15, 4, batches},
		{"concurrent claim, 4", ipc, false, 6, 4, claims},
		{"long messages", ipc, true, 1, 1, long},
		{"udp batch", "aeron:udp?endpoint=127.0.0.1:40789|term-length=64k", true, 2, 1, batches},
	} {
		r, err := one(ctx, drv, c.channel, int32(1000+n), c.exclusive, c.writers, max(messages*c.part/100, 1000), c.way)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		r.Case = c.name
		reports, total, terms = append(reports, r), total+r.Messages, terms+r.Terms
	}
	return append(reports, report{Case: "all", Messages: total, Terms: terms}), nil
}

// one sends and receives messages over one stream.
func one(ctx context.Context, drv *aeron.Driver, channel string, stream int32, exclusive bool, writers int, messages int64, w way) (r report, err error) {
	sub, err := drv.AddSubscription(ctx, channel, stream)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, sub.Close()) }()
	var pub aeron.Sender
	if exclusive {
		pub, err = drv.AddExclusivePublication(ctx, channel, stream)
	} else {
		pub, err = drv.AddPublication(ctx, channel, stream)
	}
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, pub.Close()) }()
	if err := errors.Join(pub.AwaitReady(ctx), sub.AwaitReady(ctx)); err != nil {
		return r, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	begin := time.Now()
	sent := make(chan error, writers)
	for n := range writers {
		count := messages / int64(writers)
		go func() {
			err := w(ctx, pub, &source{writer: uint32(n), count: count})
			if err != nil {
				cancel(err)
			}
			sent <- err
		}()
	}
	r, err = receive(ctx, sub, writers, messages/int64(writers))
	if err != nil {
		cancel(err)
	}
	for range writers {
		err = errors.Join(err, <-sent)
	}
	if err != nil {
		return r, err
	}
	position, err := pub.Position()
	r.Terms = position >> pub.Constants().PositionBitsToShift
	r.Seconds = time.Since(begin).Seconds()
	return r, err
}
