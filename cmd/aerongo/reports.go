package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron/stats"
)

// errorRecord is an error as errors --json prints it.
type errorRecord struct {
	Count int        `json:"count"`
	First *time.Time `json:"first"`
	Last  *time.Time `json:"last"`
	Text  string     `json:"text"`
}

// errorsDocument is what errors --json prints.
type errorsDocument struct {
	heading
	Errors []errorRecord `json:"errors"`
}

func errorsCommand(std streams) *cobra.Command {
	l := look{}
	var since time.Duration
	cmd := &cobra.Command{
		Use:   "errors",
		Short: "Show a driver's errors",
		Long: `errors prints the distinct errors of a media driver: how often, when first and last, and what the driver says.

The driver keeps them until its end, so a dead driver's are still there. A registration that the driver refused is one too, with the
reason. When the log is full, new errors are only counted ("Errors" of aerongo stat): give the driver a larger one.`,
		Example: `  aerongo errors --dir /dev/shm/my-driver
  aerongo errors --since 10m
  aerongo errors --json | jq -r '.errors[] | "\(.last) \(.count) \(.text)"'`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := l.check(cmd); err != nil {
				return err
			}
			if cmd.Flags().Changed("since") && since <= 0 {
				return usagef("--since %v: must be more than 0", since)
			}
			return l.show(cmd.Context(), std, errorsView(since))
		},
	}
	l.flags(cmd, `{"time","dir","errors":[{"count","first","last","text"}]}`)
	cmd.Flags().DurationVar(&since, "since", 0, "only errors that happened so long ago or later")
	return cmd
}

func errorsView(since time.Duration) view {
	recent := func(s *sight) (all []stats.ErrorEntry) {
		var from time.Time
		if since > 0 {
			from = s.Info().Taken.Add(-since)
		}
		for e := range s.ErrorsSince(from) {
			all = append(all, e)
		}
		return all
	}
	return view{
		needs: []string{readsErrors},
		text: func(b *bytes.Buffer, s *sight) {
			all := recent(s)
			for _, e := range all {
				fmt.Fprintf(b, "%s, first %s, last %s:\n", times(int64(e.Count)), timestamp(e.First), timestamp(e.Last))
				for line := range strings.SplitSeq(strings.TrimRight(e.Text, "\n"), "\n") {
					fmt.Fprintf(b, "    %s\n", line)
				}
			}
			fmt.Fprintf(b, "%d distinct errors\n", len(all))
		},
		json: func(h heading, s *sight) any {
			d := errorsDocument{heading: h, Errors: []errorRecord{}}
			for _, e := range recent(s) {
				d.Errors = append(d.Errors, errorRecord{e.Count, optional(e.First), optional(e.Last), e.Text})
			}
			return d
		},
	}
}

// lossRecord is a stream's loss as loss --json prints it.
type lossRecord struct {
	Observations int64      `json:"observations"`
	BytesLost    int64      `json:"bytes_lost"`
	First        *time.Time `json:"first"`
	Last         *time.Time `json:"last"`
	SessionID    int32      `json:"session_id"`
	StreamID     int32      `json:"stream_id"`
	Channel      string     `json:"channel"`
	Source       string     `json:"source"`
}

// lossDocument is what loss --json prints.
type lossDocument struct {
	heading
	Loss []lossRecord `json:"loss"`
}

func lossCommand(std streams) *cobra.Command {
	l := look{}
	cmd := &cobra.Command{
		Use:   "loss",
		Short: "Show the loss that a driver has seen",
		Long: `loss prints the gaps that a media driver, as a receiver, has seen in each stream: how many, of how many bytes, when, and from where.

What was sent again counts too. Loss from one source only points at the network between; loss from all at this machine: socket buffers that
are too small for the rate, or a receiver that lacks a core. 'aerongo doctor' looks at both.`,
		Example: "  aerongo loss --dir /dev/shm/my-driver\n  aerongo loss --watch\n  aerongo loss --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := l.check(cmd); err != nil {
				return err
			}
			return l.show(cmd.Context(), std, lossView())
		},
	}
	l.flags(cmd, `{"time","dir","loss":[{"observations","bytes_lost","first","last","session_id","stream_id","channel","source"}]}`)
	return cmd
}

func lossView() view {
	return view{
		needs: []string{readsLoss},
		text: func(b *bytes.Buffer, s *sight) {
			type stream struct{ session, id int32 }
			streams := map[stream]struct{}{} // one has an entry for each of its images
			for e := range s.Loss() {
				fmt.Fprintf(b, "%s lost %s, first %s, last %s: session %d stream %d %s from %s\n", byteCount(e.TotalBytesLost),
					times(e.ObservationCount), timestamp(e.First), timestamp(e.Last), e.SessionID, e.StreamID, e.Channel, e.Source)
				streams[stream{e.SessionID, e.StreamID}] = struct{}{}
			}
			fmt.Fprintf(b, "%d streams with loss\n", len(streams))
		},
		json: func(h heading, s *sight) any {
			d := lossDocument{heading: h, Loss: []lossRecord{}}
			for e := range s.Loss() {
				d.Loss = append(d.Loss, lossRecord{
					e.ObservationCount, e.TotalBytesLost, optional(e.First), optional(e.Last), e.SessionID, e.StreamID, e.Channel, e.Source,
				})
			}
			return d
		},
	}
}

// times is how often something has happened.
func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return grouped(n) + " times"
}

// timestamp is a time as people and programs read it, "never" if it is none.
func timestamp(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// optional is a time for JSON, null if it is none.
func optional(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = at.UTC()
	return &at
}
