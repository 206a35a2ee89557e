package main

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/aeroncgo/aeron/stats"
)

// streamRecord is a stream as streams --json prints it. What the driver does not have is missing.
type streamRecord struct {
	SessionID         int32   `json:"session_id"`
	StreamID          int32   `json:"stream_id"`
	Channel           string  `json:"channel"`
	PublisherPosition *int64  `json:"publisher_position,omitempty"`
	PublisherLimit    *int64  `json:"publisher_limit,omitempty"`
	SenderPosition    *int64  `json:"sender_position,omitempty"`
	SenderLimit       *int64  `json:"sender_limit,omitempty"`
	ReceiverPosition  *int64  `json:"receiver_position,omitempty"`
	ReceiverHWM       *int64  `json:"receiver_hwm,omitempty"`
	Subscribers       []int64 `json:"subscriber_positions"`
	Backlog           int64   `json:"backlog"` // of the subscriber that is furthest behind
}

// streamsDocument is what streams --json prints.
type streamsDocument struct {
	heading
	Streams []streamRecord `json:"streams"`
}

// streamChoice is the flags that choose streams.
type streamChoice struct{ streams []int32 }

func (c *streamChoice) flags(cmd *cobra.Command) {
	streamFlag(cmd, &c.streams, "only the stream with this `NUMBER`; may be repeated")
}

// streamFlag declares --stream. No streams means all, which help must not call "[]".
func streamFlag(cmd *cobra.Command, streams *[]int32, usage string) {
	cmd.Flags().Int32SliceVarP(streams, "stream", "s", nil, usage)
	cmd.Flags().Lookup("stream").DefValue = ""
}

func (c *streamChoice) has(id int32) bool {
	return len(c.streams) == 0 || slices.Contains(c.streams, id)
}

// of gives the streams of a snapshot that are chosen.
func (c *streamChoice) of(s *sight) (chosen []stats.StreamBacklog) {
	for b := range s.Backlog() {
		if c.has(b.StreamID) {
			chosen = append(chosen, b)
		}
	}
	return chosen
}

func streamsCommand(std streams) *cobra.Command {
	l, choice := look{}, streamChoice{}
	cmd := &cobra.Command{
		Use:   "streams",
		Short: "Show a driver's streams, a line each",
		Long: `streams prints a line for each session, stream and channel of a media driver: how far publisher, sender, receiver and subscribers are,
in bytes since the stream's begin, and how far behind the last subscriber is. A dash stands for an end that this driver does not have.

A publisher that stands at its limit is held back: 'aerongo explain' says by whom.`,
		Example: "  aerongo streams --dir /dev/shm/my-driver\n  aerongo streams --watch -s 1001\n  aerongo streams --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := l.check(cmd); err != nil {
				return err
			}
			return l.show(cmd.Context(), std, streamsView(&choice))
		},
	}
	l.flags(cmd, `{"time","dir","streams":[{"session_id","stream_id","channel","publisher_position","publisher_limit","sender_position","sender_limit","receiver_position","receiver_hwm","subscriber_positions","backlog"}]}, without the ends that are not there`)
	choice.flags(cmd)
	return cmd
}

func streamsView(choice *streamChoice) view {
	return view{
		needs: []string{readsCounters},
		text: func(b *bytes.Buffer, s *sight) {
			chosen := choice.of(s)
			fmt.Fprintf(b, "%11s %11s %15s %15s %15s %15s %4s %12s  channel\n", "stream", "session", "published", "limit", "sent", "received", "subs", "backlog")
			if s.rows > 0 {
				chosen = chosen[:min(len(chosen), max(0, s.rows-1))]
			}
			for i := range chosen {
				r := streamRecordOf(&chosen[i])
				fmt.Fprintf(b, "%11d %11d %15s %15s %15s %15s %4d %12s  %s\n", r.StreamID, r.SessionID, position(r.PublisherPosition),
					position(r.PublisherLimit), position(r.SenderPosition), position(r.ReceiverPosition), len(r.Subscribers), byteCount(r.Backlog), r.Channel)
			}
		},
		json: func(h heading, s *sight) any {
			d := streamsDocument{heading: h, Streams: []streamRecord{}}
			for _, b := range choice.of(s) {
				d.Streams = append(d.Streams, streamRecordOf(&b))
			}
			return d
		},
	}
}

func streamRecordOf(b *stats.StreamBacklog) streamRecord {
	r := streamRecord{SessionID: b.SessionID, StreamID: b.StreamID, Channel: b.Channel, Subscribers: []int64{}}
	if p := b.Publisher; p != nil {
		r.PublisherPosition, r.PublisherLimit = &p.Position, &p.Limit
	}
	if s := b.Sender; s != nil {
		r.SenderPosition, r.SenderLimit = &s.Position, &s.Limit
	}
	if v := b.Receiver; v != nil {
		r.ReceiverPosition, r.ReceiverHWM = &v.Position, &v.HighWaterMark
	}
	for _, s := range b.Subscribers {
		r.Subscribers = append(r.Subscribers, s.Position)
		r.Backlog = max(r.Backlog, s.Backlog)
	}
	return r
}

// position is a position for people, a dash if there is none.
func position(p *int64) string {
	if p == nil {
		return "-"
	}
	return grouped(*p)
}

// backlogRecord is a stream as backlog --json prints it; ends that the driver does not have are null.
type backlogRecord struct {
	SessionID   int32              `json:"session_id"`
	StreamID    int32              `json:"stream_id"`
	Channel     string             `json:"channel"`
	Publisher   *publisherRecord   `json:"publisher"`
	Sender      *senderRecord      `json:"sender"`
	Receiver    *receiverRecord    `json:"receiver"`
	Subscribers []subscriberRecord `json:"subscribers"`
}

type publisherRecord struct {
	RegistrationID  int64 `json:"registration_id"`
	OwnerID         int64 `json:"owner_id"`
	Position        int64 `json:"position"`
	Limit           int64 `json:"limit"`
	RemainingWindow int64 `json:"remaining_window"`
}

type senderRecord struct {
	RegistrationID int64 `json:"registration_id"`
	Position       int64 `json:"position"`
	Limit          int64 `json:"limit"`
	Window         int64 `json:"window"`
	Backlog        int64 `json:"backlog"`
}

type receiverRecord struct {
	RegistrationID int64 `json:"registration_id"`
	Position       int64 `json:"position"`
	HighWaterMark  int64 `json:"high_water_mark"`
}

type subscriberRecord struct {
	RegistrationID int64  `json:"registration_id"`
	OwnerID        int64  `json:"owner_id"`
	Client         string `json:"client"` // its name, empty if unknown
	CounterID      int32  `json:"counter_id"`
	Position       int64  `json:"position"`
	Backlog        int64  `json:"backlog"`
}

// backlogDocument is what backlog --json prints.
type backlogDocument struct {
	heading
	Streams []backlogRecord `json:"streams"`
}

func backlogCommand(std streams) *cobra.Command {
	l, choice := look{}, streamChoice{}
	cmd := &cobra.Command{
		Use:   "backlog",
		Short: "Show how many bytes each end of a stream is behind",
		Long: `backlog prints, for each session, stream and channel of a media driver, what the publisher may still publish, what the sender has still to
send, where the receiver is, and how much each subscriber has yet to read, in bytes. The words are those of Java's BacklogStat; the
subscribers of an IPC stream, which that does not name, are listed too.

Of a stream between two machines each driver knows its own half: look at both.`,
		Example: "  aerongo backlog --dir /dev/shm/my-driver\n  aerongo backlog --watch -s 1001\n  aerongo backlog --json | jq '.streams[].subscribers[] | select(.backlog > 65536)'",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := l.check(cmd); err != nil {
				return err
			}
			return l.show(cmd.Context(), std, backlogView(&choice))
		},
	}
	l.flags(cmd, `{"time","dir","streams":[{"session_id","stream_id","channel","publisher":{"registration_id","owner_id","position","limit","remaining_window"},"sender":{"registration_id","position","limit","window","backlog"},"receiver":{"registration_id","position","high_water_mark"},"subscribers":[{"registration_id","owner_id","client","counter_id","position","backlog"}]}]}`)
	choice.flags(cmd)
	return cmd
}

func backlogView(choice *streamChoice) view {
	return view{
		needs: []string{readsCounters},
		text: func(b *bytes.Buffer, s *sight) {
			for _, stream := range choice.of(s) {
				b.WriteString(stream.String() + "\n")
				if stream.Receiver != nil {
					continue // they are named by then
				}
				for _, sub := range stream.Subscribers {
					fmt.Fprintf(b, "  subscriber %d has %d backlog bytes\n", sub.RegistrationID, sub.Backlog)
				}
			}
		},
		json: func(h heading, s *sight) any {
			names := map[int64]string{}
			for c := range s.Clients() {
				names[c.ID] = c.Name
			}
			d := backlogDocument{heading: h, Streams: []backlogRecord{}}
			for _, stream := range choice.of(s) {
				d.Streams = append(d.Streams, backlogRecordOf(&stream, names))
			}
			return d
		},
	}
}

func backlogRecordOf(b *stats.StreamBacklog, names map[int64]string) backlogRecord {
	r := backlogRecord{SessionID: b.SessionID, StreamID: b.StreamID, Channel: b.Channel, Subscribers: []subscriberRecord{}}
	if p := b.Publisher; p != nil {
		r.Publisher = &publisherRecord{p.RegistrationID, p.OwnerID, p.Position, p.Limit, p.RemainingWindow()}
	}
	if s := b.Sender; s != nil {
		backlog, _ := b.SenderBacklog()
		r.Sender = &senderRecord{s.RegistrationID, s.Position, s.Limit, s.Window(), backlog}
	}
	if v := b.Receiver; v != nil {
		r.Receiver = &receiverRecord{v.RegistrationID, v.Position, v.HighWaterMark}
	}
	for _, s := range b.Subscribers {
		r.Subscribers = append(r.Subscribers, subscriberRecord{s.RegistrationID, s.OwnerID, names[s.OwnerID], s.CounterID, s.Position, s.Backlog})
	}
	return r
}
