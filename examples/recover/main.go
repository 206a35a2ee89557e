// Command recover loses its media driver and goes on. The driver runs in a child process, which is killed; Lost tells of that, what
// was added is closed then, and Start connects to the driver that comes next. Nothing in a program dies with its driver.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"time"

	"github.com/aeroncgo/aeron"
)

func main() {
	run := parent
	if len(os.Args) > 1 {
		run = child
	}
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	if err := run(ctx, aeron.Config{AppID: "recover", DriverTimeout: time.Second}); err != nil {
		log.Fatal(err)
	}
}

// child is a driver that lives until its standard input ends. While its predecessor may still be alive, it is refused.
func child(ctx context.Context, cfg aeron.Config) error {
	drv, err := aeron.Open(cfg)
	if err != nil {
		return err
	}
	for err = drv.Start(ctx); errors.Is(err, aeron.ErrDriverActive) && ctx.Err() == nil; err = drv.Start(ctx) {
		time.Sleep(50 * time.Millisecond)
	}
	if err == nil {
		fmt.Println("ready")
		_, err = io.Copy(io.Discard, os.Stdin)
	}
	return errors.Join(err, drv.Close())
}

// parent is the program: it uses a driver, loses it, and uses the next.
func parent(ctx context.Context, cfg aeron.Config) (err error) {
	cfg.External = true
	drv, err := aeron.Open(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drv.Close()) }()
	for turn := 1; ; turn++ {
		cmd := exec.CommandContext(ctx, os.Args[0], "driver")
		stdin, inErr := cmd.StdinPipe() // ends with this process, if not before
		stdout, outErr := cmd.StdoutPipe()
		if err := errors.Join(inErr, outErr, cmd.Start()); err != nil {
			return err
		}
		_, err := bufio.NewReader(stdout).ReadString('\n') // it is ready
		err = errors.Join(err, drv.Start(ctx))
		if err == nil {
			_, err = drv.AddSubscription(ctx, "aeron:ipc", 10)
		}
		if turn == 2 && err == nil {
			fmt.Println("subscribed again")
		}
		if turn == 2 || err != nil {
			return errors.Join(err, drv.Close(), stdin.Close(), cmd.Wait())
		}
		fmt.Println("subscribed; killing the driver:", cmd.Process.Kill() == nil)
		_ = cmd.Wait() // says only that it was killed
		<-drv.Lost()
		fmt.Println("lost it:", drv.Err())
	}
}
