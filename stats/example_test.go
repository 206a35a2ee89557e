package stats_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/aeroncgo/aeron/internal/cncfile"
	"github.com/aeroncgo/aeron/stats"
)

// exampleDir stands for the directory of a driver: here one that has errors, loss and a stream.
func exampleDir() (dir string, remove func()) {
	dir, err := os.MkdirTemp("", "aeron-example-")
	if err != nil {
		return "", func() {}
	}
	t := outsideTests{}
	full(t).writeTo(t, dir)
	return dir, func() { _ = os.RemoveAll(dir) }
}

// outsideTests lets an example use what is made for tests; there is nobody to fail.
type outsideTests struct{ testing.TB }

func (outsideTests) Helper()                        {}
func (outsideTests) Errorf(format string, a ...any) { fmt.Printf(format, a...) }
func (outsideTests) FailNow()                       { runtime.Goexit() }

func ExampleOpen() {
	dir, remove := exampleDir()
	defer remove()

	snap, err := stats.Open(dir)
	switch {
	case errors.Is(err, stats.ErrNotFound):
		fmt.Println("no driver has been there")
		return
	case err != nil:
		fmt.Println(err)
		return
	}
	defer snap.Close()
	for c := range snap.Counters() {
		if c.TypeID == stats.TypeSubscriberPosition {
			fmt.Println(c.ID, c.TypeName(), c.Value, c.Label)
		}
	}
	if err := snap.Err(); err != nil {
		fmt.Println("read in part:", err)
	}
	// Output:
	// 52 sub-pos 50000 sub-pos: 7 -5 10 aeron:udp?endpoint=127.0.0.1:40123
	// 53 sub-pos 59008 sub-pos: 7 -5 10 aeron:udp?endpoint=127.0.0.1:40123
}

func ExampleSnapshot_Backlog() {
	dir, remove := exampleDir()
	defer remove()
	snap, err := stats.Open(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer snap.Close()
	for s := range snap.Backlog() {
		for _, subscriber := range s.Subscribers {
			for client := range snap.Clients() {
				if client.ID == subscriber.OwnerID && subscriber.Backlog > 4096 {
					fmt.Printf("stream %d: %s is %d bytes behind\n", s.StreamID, client.Name, subscriber.Backlog)
				}
			}
		}
	}
	// Output:
	// stream 10: risk engine is 9008 bytes behind
}

func ExampleSnapshot_ErrorsSince() {
	dir, remove := exampleDir()
	defer remove()
	snap, err := stats.Open(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer snap.Close()
	for e := range snap.ErrorsSince(time.UnixMilli(1700000002500)) {
		fmt.Println(e.Count, e.Last.Format(time.RFC3339), e.Text)
	}
	for l := range snap.Loss() {
		fmt.Println(l.TotalBytesLost, "bytes lost from", l.Source)
	}
	// Output:
	// 1 2023-11-14T22:13:23Z unknown host
	// 4096 bytes lost from 127.0.0.1:5555
	// 64 bytes lost from 10.0.0.7:9
}

func ExampleSnapshot_Refresh() {
	dir, remove := exampleDir()
	defer remove()
	snap, err := stats.Open(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer snap.Close()
	before, _ := snap.System(stats.SystemBytesSent)
	// … a second later:
	if err := snap.Refresh(); err != nil {
		fmt.Println(err)
		return
	}
	after, _ := snap.System(stats.SystemBytesSent)
	fmt.Println(stats.SystemCounterName(stats.SystemBytesSent), "per second:", after-before)
	info := snap.Info()
	fmt.Println("Aeron", info.AeronVersion, "alive:", info.Active, "in", cncfile.FileName, info.CnCVersion)
	// Output:
	// Bytes sent per second: 0
	// Aeron 1.54.0 alive: true in cnc.dat 0.2.0
}
