package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron/stats"
)

// eventRecord is an event as events --json prints it. What a kind does not have is missing.
type eventRecord struct {
	Time           time.Time `json:"time"`
	Event          string    `json:"event"`
	RegistrationID int64     `json:"registration_id,omitempty"`
	SubscriptionID int64     `json:"subscription_id,omitempty"`
	SessionID      *int32    `json:"session_id,omitempty"`
	StreamID       *int32    `json:"stream_id,omitempty"`
	CounterID      *int32    `json:"counter_id,omitempty"`
	ClientID       *int64    `json:"client_id,omitempty"`
	Channel        string    `json:"channel,omitempty"`
	Source         string    `json:"source,omitempty"`
	Code           int32     `json:"code,omitempty"`
	Text           string    `json:"text,omitempty"`
}

// eventsLook is how often events looks by default: it is one small read.
const eventsLook = 50 * time.Millisecond

func eventsCommand(std streams) *cobra.Command {
	l := look{}
	cmd := &cobra.Command{
		Use:   "events",
		Short: "Print what happens in a driver, as it happens",
		Long: `events prints what a media driver tells its clients, until a signal: images that become available or unavailable, counters that come and go,
publications and subscriptions that are added, registrations that fail, clients that have been silent for too long. It is no client.

"unavailable-image" without an end of the publisher means that it has fallen silent, or that a subscriber was left behind;
"client-timeout" that a program died or was asleep; "missed" that the driver was faster than this program: use a shorter --interval.`,
		Example: "  aerongo events --dir /dev/shm/my-driver\n  aerongo events --json | jq 'select(.event == \"unavailable-image\")'",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := l.check(cmd); err != nil {
				return err
			}
			return printEvents(cmd.Context(), l, std)
		},
	}
	f := cmd.Flags()
	f.StringVar(&l.dir, "dir", "", "the media driver's directory (default $AERON_DIR, else Aeron's own)")
	f.BoolVar(&l.asJSON, "json", false, `print each event as {"time","event","registration_id","subscription_id","session_id","stream_id","counter_id","client_id","channel","source","code","text"}, without what it does not have`)
	f.DurationVar(&l.interval, "interval", eventsLook, "how often to look")
	return cmd
}

func printEvents(ctx context.Context, l look, std streams) error {
	events, err := stats.OpenEvents(l.dir)
	if err != nil {
		if errors.Is(err, stats.ErrNotFound) {
			return noDirectory(l.dir, err)
		}
		return err
	}
	defer func() { _ = events.Close() }() // only read from
	tick := time.NewTicker(l.interval)
	defer tick.Stop()
	gone := false
	for {
		found, err := events.Poll()
		if err != nil && !gone { // once; another driver may come
			fmt.Fprintf(std.err, "aerongo: no driver: %s\n", oneLine(err))
		}
		gone = err != nil
		for _, e := range found {
			if l.asJSON {
				err = printJSON(std.out, eventRecordOf(e))
			} else {
				_, err = fmt.Fprintln(std.out, eventText(e))
			}
			if err != nil {
				return outputError(err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func eventRecordOf(e stats.Event) eventRecord {
	r := eventRecord{
		Time: e.Time.UTC(), Event: string(e.Kind), RegistrationID: e.RegistrationID, SubscriptionID: e.SubscriptionID, Channel: e.Channel,
		Source: e.Source, Code: e.Code, Text: e.Text,
	}
	switch e.Kind {
	case stats.EventAvailableImage, stats.EventPublicationReady:
		r.SessionID, r.StreamID, r.CounterID = &e.SessionID, &e.StreamID, &e.CounterID
	case stats.EventUnavailableImage:
		r.StreamID = &e.StreamID
	case stats.EventAvailableCounter, stats.EventUnavailableCounter, stats.EventSubscriptionReady:
		r.CounterID = &e.CounterID
	case stats.EventClientTimeout:
		r.ClientID = &e.ClientID
	case stats.EventRegistrationError, stats.EventDriverStarted, stats.EventMissed: // have none of these
	}
	return r
}

// eventText is an event in a line.
func eventText(e stats.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", e.Time.UTC().Format(time.RFC3339Nano), e.Kind)
	r := eventRecordOf(e)
	if r.RegistrationID != 0 {
		fmt.Fprintf(&b, " registration=%d", r.RegistrationID)
	}
	if r.SubscriptionID != 0 {
		fmt.Fprintf(&b, " subscription=%d", r.SubscriptionID)
	}
	if r.SessionID != nil {
		fmt.Fprintf(&b, " session=%d", *r.SessionID)
	}
	if r.StreamID != nil {
		fmt.Fprintf(&b, " stream=%d", *r.StreamID)
	}
	if r.CounterID != nil {
		fmt.Fprintf(&b, " counter=%d", *r.CounterID)
	}
	if r.ClientID != nil {
		fmt.Fprintf(&b, " client=%d", *r.ClientID)
	}
	for _, f := range []struct{ name, value string }{{"channel", e.Channel}, {"source", e.Source}, {"text", e.Text}} {
		if f.value != "" {
			fmt.Fprintf(&b, " %s=%s", f.name, f.value)
		}
	}
	return b.String()
}
