package main

import (
	"bytes"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron/stats"
)

// explanationRecord is a stream as explain --json prints it. Positions and lags are in bytes.
type explanationRecord struct {
	SessionID          int32          `json:"session_id"`
	StreamID           int32          `json:"stream_id"`
	Channel            string         `json:"channel"`
	RegistrationID     int64          `json:"registration_id"`
	Published          bool           `json:"published"`
	State              string         `json:"state"`
	Limiter            string         `json:"limiter"` // empty if there is none
	Explanation        string         `json:"explanation"`
	LimitedBy          *readerRecord  `json:"limited_by"` // the subscriber, if the limiter is one
	Position           int64          `json:"position"`
	Limit              int64          `json:"limit"`
	Window             int64          `json:"window"` // 0 if unknown
	Remaining          int64          `json:"remaining"`
	Unsent             int64          `json:"unsent"`
	Missing            int64          `json:"missing"`
	FlowControl        string         `json:"flow_control"`
	Receivers          *int64         `json:"receivers"`
	RequiredReceivers  int64          `json:"required_receivers"`
	Subscribers        []readerRecord `json:"subscribers"`
	NAKsReceived       int64          `json:"naks_received"`
	NAKsSent           int64          `json:"naks_sent"`
	SenderBackPressure int64          `json:"sender_back_pressure"`
	Loss               int64          `json:"loss_observations"`
	BytesLost          int64          `json:"bytes_lost"`
}

// readerRecord is a subscriber of a stream.
type readerRecord struct {
	RegistrationID int64  `json:"registration_id"`
	ClientID       int64  `json:"client_id"`
	Client         string `json:"client"`
	PIDs           []int  `json:"pids"` // several are alternatives, none is unknown
	CounterID      int32  `json:"counter_id"`
	Channel        string `json:"channel"`
	Position       int64  `json:"position"`
	Lag            int64  `json:"lag_bytes"`
	LagMessages    *int64 `json:"lag_messages"`
	Spy            bool   `json:"spy"`
	Untethered     bool   `json:"untethered"`
	Counts         bool   `json:"counts"`
}

// explainDocument is what explain --json prints.
type explainDocument struct {
	heading
	RetransmitsSent    int64               `json:"retransmits_sent"` // by the driver, for all its streams
	RetransmittedBytes int64               `json:"retransmitted_bytes"`
	Streams            []explanationRecord `json:"streams"`
}

// explainInterval is how often --watch looks by default: it is more work than to read counters, and what it says changes less often.
const explainInterval = 2 * time.Second

func explainCommand(std streams) *cobra.Command {
	l, choice := look{interval: explainInterval}, streamChoice{}
	cmd := &cobra.Command{
		Use:   "explain",
		Short: "Say why streams flow or do not, and who holds them back",
		Long: `explain says, for each stream of a media driver, whether it is ready and if not why, who limits it, and what was lost.

  not ready: no subscriber           nobody has subscribed to this stream of the IPC channel: compare both channels and stream numbers
  not ready: waiting for status ...  no receiver answers: is there a subscription, on this endpoint? does a firewall let UDP both ways?
  limited by subscriber ...          that program polls too slowly, or has stopped polling; its name and process are told
  limited by spy ...                 the same for a spy: give it tether=false if the stream must not wait for it
  limited by untethered ...          it is left behind after the driver's untethered window limit and linger timeouts
  limited by the receiver's window   the program is on another machine: run explain there; or the window is small for the way: rcv-wnd
  limited by loss                    the network drops: aerongo loss
  limited by this driver's sender    it lacks a core, or the socket's buffer is small: aerongo doctor

A client's process is found on Linux by the files that it has mapped, so it takes the right to look at it (the same user, or root).
Of a stream between two machines each driver knows its own half.`,
		Example: "  aerongo explain --dir /dev/shm/my-driver\n  aerongo explain -s 1001 --watch\n  aerongo explain --json | jq -r '.streams[] | select(.state == \"back-pressured\") | .limited_by.client'",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := l.check(cmd); err != nil {
				return err
			}
			return l.show(cmd.Context(), std, explainView(&choice))
		},
	}
	l.flags(cmd, `{"time","dir","retransmits_sent","retransmitted_bytes","streams":[{"session_id","stream_id","channel","registration_id","published","state","limiter","explanation","limited_by":SUBSCRIBER or null,"position","limit","window","remaining","unsent","missing","flow_control","receivers","required_receivers","subscribers":[SUBSCRIBER],"naks_received","naks_sent","sender_back_pressure","loss_observations","bytes_lost"}]}, where SUBSCRIBER is {"registration_id","client_id","client","pids","counter_id","channel","position","lag_bytes","lag_messages","spy","untethered","counts"}`)
	choice.flags(cmd)
	return cmd
}

func explainView(choice *streamChoice) view {
	return view{
		needs: []string{readsCounters, readsLoss},
		text: func(b *bytes.Buffer, s *sight) {
			n, head := 0, b.Len()
			for e := range s.Explain() {
				if choice.has(e.StreamID) {
					lines := bytes.Count(b.Bytes()[head:], []byte("\n"))
					if s.rows > 0 && lines >= s.rows {
						break // nobody would see it, and it costs
					}
					writeExplanation(b, e)
					n++
				}
			}
			if n == 0 {
				b.WriteString("no streams\n")
			}
		},
		json: func(h heading, s *sight) any {
			d := explainDocument{heading: h, Streams: []explanationRecord{}}
			d.RetransmitsSent, _ = s.System(stats.SystemRetransmitsSent)
			d.RetransmittedBytes, _ = s.System(stats.SystemRetransmittedBytes)
			for e := range s.Explain() {
				if choice.has(e.StreamID) {
					d.Streams = append(d.Streams, explanationRecordOf(e))
				}
			}
			return d
		},
	}
}

func writeExplanation(b *bytes.Buffer, e stats.Explanation) {
	fmt.Fprintf(b, "stream %d session %d %s\n  %v\n", e.StreamID, e.SessionID, e.Channel, e)
	for _, s := range e.Subscribers {
		note := ""
		if !s.Counts {
			note = ", not waited for"
		}
		fmt.Fprintf(b, "    %v at %s, %s behind%s\n", s, grouped(s.Position), byteCount(s.Lag), note)
	}
}

func explanationRecordOf(e stats.Explanation) explanationRecord {
	r := explanationRecord{
		SessionID: e.SessionID, StreamID: e.StreamID, Channel: e.Channel, RegistrationID: e.RegistrationID, Published: e.Published,
		State: string(e.State), Limiter: string(e.Limiter), Explanation: e.String(), Position: e.Position, Limit: e.Limit, Window: e.Window,
		Remaining: e.Remaining(), Unsent: e.Unsent, Missing: e.Missing, FlowControl: e.FlowControl, RequiredReceivers: e.RequiredReceivers,
		Subscribers: []readerRecord{}, NAKsReceived: e.NAKsReceived, NAKsSent: e.NAKsSent, SenderBackPressure: e.SenderBackPressure,
		Loss: e.LossObservations, BytesLost: e.BytesLost,
	}
	if e.Receivers >= 0 {
		r.Receivers = &e.Receivers
	}
	if e.Limiter == stats.LimitedBySubscriber && e.Slowest != nil {
		limiter := readerRecordOf(*e.Slowest)
		r.LimitedBy = &limiter
	}
	for _, s := range e.Subscribers {
		r.Subscribers = append(r.Subscribers, readerRecordOf(s))
	}
	return r
}

func readerRecordOf(s stats.StreamSubscriber) readerRecord {
	r := readerRecord{
		RegistrationID: s.RegistrationID, ClientID: s.ClientID, Client: s.Client, PIDs: s.PIDs, CounterID: s.CounterID, Channel: s.Channel,
		Position: s.Position, Lag: s.Lag, Spy: s.Spy, Untethered: s.Untethered, Counts: s.Counts,
	}
	if r.PIDs == nil {
		r.PIDs = []int{}
	}
	if s.LagMessages >= 0 {
		r.LagMessages = &s.LagMessages
	}
	return r
}
