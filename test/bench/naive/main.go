//go:build cgo && !asan && !aeron_pkgconfig

// Command naive is the binding that comes to mind first, as a contestant of the bench; see package protocol: C's functions through cgo, one
// call for every message that is sent, one for every poll, and one exported function of Go's that C calls back for every fragment, which
// finds its handler by a cgo.Handle. It has nothing of this module's but what waits when there is nothing to do.
//
//	naive DIR
package main

import (
	"errors"
	"log"
	"os"

	"github.com/aeroncgo/aeron/idle"
	"github.com/aeroncgo/aeron/test/bench/protocol"
)

const fragmentLimit = 256

func main() {
	if err := run(); err != nil {
		log.Fatal("naive: ", err)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("usage: naive DIR")
	}
	cl, err := connect(os.Args[1])
	if err != nil {
		return err
	}
	defer cl.close()
	return protocol.Serve(contestant{cl}, os.Stdin, os.Stdout)
}

type contestant struct{ client *client }

var errStopped = errors.New("stopped: another thread of the run has failed")

// send offers until the message is out, or another thread has failed.
func send(p *publication, message []byte, wait idle.Strategy, stopped func() bool) error {
	for {
		offered, full, err := p.offer(message)
		if offered || err != nil {
			return err
		}
		if stopped() {
			return errStopped
		}
		if full {
			wait.Idle(0)
		}
	}
}
