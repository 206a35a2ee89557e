// Command aerongo is aeron-go, the Go client without C, as a contestant of the bench; see package protocol. Buffers are reused, and
// its loops idle as ours do: aeron-go's own yielding strategy does not give its core to the driver.
//
//	aerongo DIR
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/lirm/aeron-go/aeron"
	"github.com/lirm/aeron-go/aeron/logging"

	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/test/bench/protocol"
)

const (
	fragmentLimit = 256
	// patience bounds every wait for the driver.
	patience = 20 * time.Second
)

func main() {
	if err := run(); err != nil {
		log.Fatal("aerongo: ", err)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("usage: aerongo DIR")
	}
	for _, name := range []string{"aeron", "driver"} {
		logging.SetLevel(logging.ERROR, name)
	}
	client, err := aeron.Connect(aeron.NewContext().AeronDir(os.Args[1]).MediaDriverTimeout(patience))
	if err != nil {
		return err
	}
	defer client.Close()
	return protocol.Serve(contestant{client}, os.Stdin, os.Stdout)
}

type contestant struct{ client *aeron.Aeron }

// await waits for a condition.
func await(what string, condition func() bool) error {
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("waited in vain for %s", what)
		}
	}
	return nil
}

var errStopped = errors.New("stopped: another thread of the run has failed")

// refused waits for what an offer has to wait for, and says when it need not.
func refused(position int64, wait idle.Strategy) error {
	switch position {
	case aeron.BackPressured:
		wait.Idle(0)
		return nil
	case aeron.AdminAction:
		return nil
	}
	return fmt.Errorf("offer: %d", position)
}
