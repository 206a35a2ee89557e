// Command ours is this module as a contestant of the bench; see package protocol.
//
//	ours DIR offer|batch
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/aeroncgo/aeron"
	"github.com/aeroncgo/aeron/test/bench/protocol"
)

// fragmentLimit is how many fragments a poll may take, for every contestant.
const fragmentLimit = 256

func main() {
	if err := run(); err != nil {
		log.Fatal("ours: ", err)
	}
}

func run() error {
	if len(os.Args) != 3 {
		return fmt.Errorf("usage: ours DIR offer|batch")
	}
	// The client's conductor sleeps as long as C's does by default.
	drv, err := aeron.Open(aeron.Config{Directory: os.Args[1], External: true, ClientIdle: 16 * time.Millisecond})
	if err != nil {
		return err
	}
	defer drv.Close()
	if err := drv.Start(context.Background()); err != nil {
		return err
	}
	return protocol.Serve(contestant{drv, os.Args[2] == "batch"}, os.Stdin, os.Stdout)
}

type contestant struct {
	drv   *aeron.Driver
	batch bool
}

// patience bounds every wait for the driver.
const patience = 20 * time.Second

func (c contestant) publication(ctx context.Context, channel string, stream int32, exclusive bool) (aeron.Sender, error) {
	if exclusive {
		return c.drv.AddExclusivePublication(ctx, channel, stream)
	}
	return c.drv.AddPublication(ctx, channel, stream)
}
