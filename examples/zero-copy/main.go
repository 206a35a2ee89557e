// Command zero-copy writes records into the log that subscribers read: TryClaim gives memory, Commit publishes it, Abort takes it back.
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/idle"
)

const records = 1000

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	drv, err := aeron.Open(aeron.Config{AppID: "zero-copy"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drv.Close()) }()
	if err := drv.Start(ctx); err != nil {
		return err
	}
	sub, err := drv.AddSubscription(ctx, "aeron:ipc", 10)
	if err != nil {
		return err
	}
	pub, err := drv.AddPublication(ctx, "aeron:ipc", 10)
	if err != nil {
		return err
	}
	if err := pub.AwaitReady(ctx); err != nil {
		return err
	}

	for i, wait := 0, idle.Backoff(); i < records; {
		claim, err := pub.TryClaim(16)
		if errors.Is(err, aeron.ErrBackPressured) || errors.Is(err, aeron.ErrAdminAction) {
			wait.Idle(0)
			continue
		}
		if err != nil {
			return err
		}
		if i%10 == 9 { // every tenth thinks better of it
			err = claim.Abort()
		} else {
			binary.LittleEndian.PutUint64(claim.Data(), uint64(i))
			err = claim.Commit()
		}
		if err != nil {
			return err
		}
		i++
	}
	var count, sum uint64
	for msg, err := range sub.Messages(ctx) {
		if err != nil {
			return err
		}
		sum += binary.LittleEndian.Uint64(msg.Data())
		if count++; count == records*9/10 {
			break
		}
	}
	_, err = fmt.Printf("%d records arrived, %d were taken back, sum %d\n", count, records-count, sum)
	return err
}
