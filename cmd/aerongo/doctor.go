package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron"
)

// doctorOptions are the flags of aerongo doctor.
type doctorOptions struct {
	dir        string
	threading  string
	streams    int
	ipcStreams int
	cfg        aeron.Config
	asJSON     bool
}

// findingRecord is a finding as doctor --json prints it.
type findingRecord struct {
	Check    string `json:"check"`
	Severity string `json:"severity"` // ok, note, warning or failure
	Text     string `json:"text"`
	Remedy   string `json:"remedy"`
}

// doctorDocument is what doctor --json prints.
type doctorDocument struct {
	heading
	Healthy  bool            `json:"healthy"` // nothing will fail
	Findings []findingRecord `json:"findings"`
}

// errUnhealthy is the end of an examination that found something.
var errUnhealthy = errors.New("something will fail: see the remedies above")

func doctorCommand(std streams) *cobra.Command {
	o := doctorOptions{}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what would make a driver fail on this machine",
		Long: `doctor looks, without changing anything, for what would make a media driver fail or limp on this machine and in its directory: space in
/dev/shm for the logs of so many streams, socket buffers against the system's limits and the receiver's window, MTU, open files, cores and
a cgroup's quota against the driver's threads, a container's memory, what is in the directory and whose it is, the clock.

Each finding has its remedy. The exit status is 1 if something will fail, 0 if there are warnings only.`,
		Example: `  aerongo doctor
  aerongo doctor --dir /dev/shm/my-driver --streams 200 --term-length 16777216 --threading dedicated
  aerongo doctor --json | jq '.findings[] | select(.severity == "failure")'`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("dir") && o.dir == "" || strings.ContainsRune(o.dir, 0) {
				return usagef("--dir %q: name a directory", o.dir)
			}
			if o.streams < 0 || o.ipcStreams < 0 {
				return usagef("--streams %d, --ipc-streams %d: must not be negative", o.streams, o.ipcStreams)
			}
			threading, err := aeron.ParseThreadingMode(o.threading)
			if err != nil {
				return usagef("--threading %s: must be shared, shared-network or dedicated", o.threading)
			}
			o.cfg.Threading, o.cfg.Directory = threading, o.dir
			if o.dir == "" {
				o.cfg.Directory = defaultDir()
			}
			return runDoctor(o, std)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.dir, "dir", "", "the driver's directory (default $AERON_DIR, else Aeron's own)")
	f.IntVar(&o.streams, "streams", 1, "how many network publications and images there will be at a time")
	f.IntVar(&o.ipcStreams, "ipc-streams", 1, "how many IPC publications there will be at a time")
	f.IntVar(&o.cfg.TermLength, "term-length", 0, "bytes of a term of a network stream (default 2 MiB)")
	f.IntVar(&o.cfg.IPCTermLength, "ipc-term-length", 0, "bytes of a term of an IPC stream (default 8 MiB)")
	f.IntVar(&o.cfg.MTU, "mtu", 0, "bytes of the longest frame (default 1408)")
	f.IntVar(&o.cfg.InitialWindow, "window", 0, "bytes of the receiver's window (default 128 KiB, or a quarter of --term-length if that is less)")
	f.IntVar(&o.cfg.ReceiveBuffer, "receive-buffer", 0, "SO_RCVBUF (default 128 KiB, or the window if that is more)")
	f.IntVar(&o.cfg.SendBuffer, "send-buffer", 0, "SO_SNDBUF (default the system's)")
	f.BoolVar(&o.cfg.SparseTerms, "sparse", false, "logs take space when they are used")
	f.StringVar(&o.threading, "threading", aeron.SharedNetwork.String(), "shared, shared-network or dedicated")
	f.BoolVar(&o.asJSON, "json", false, `print {"time","dir","healthy","findings":[{"check","severity","text","remedy"}]}`)
	return cmd
}

func runDoctor(o doctorOptions, std streams) error {
	found, err := o.cfg.Preflight(o.streams, o.ipcStreams)
	if err != nil {
		return err
	}
	d := doctorDocument{heading: heading{time.Now().UTC(), o.cfg.Directory}, Healthy: true, Findings: []findingRecord{}}
	for _, f := range found {
		d.Healthy = d.Healthy && f.Severity < aeron.SeverityFailure
		d.Findings = append(d.Findings, findingRecord{f.Check, f.Severity.String(), f.Text, f.Remedy})
	}
	if o.asJSON {
		err = printJSON(std.out, d)
	} else {
		err = printFindings(d.Findings, std)
	}
	switch {
	case err != nil:
		return outputError(err)
	case !d.Healthy:
		return errUnhealthy
	}
	return nil
}

func printFindings(all []findingRecord, std streams) error {
	for _, f := range all {
		if _, err := fmt.Fprintf(std.out, "%-7s  %s: %s\n", f.Severity, f.Check, f.Text); err != nil {
			return err
		}
		if f.Remedy == "" {
			continue
		}
		if _, err := fmt.Fprintf(std.out, "         remedy: %s\n", f.Remedy); err != nil {
			return err
		}
	}
	return nil
}
