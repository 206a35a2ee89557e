package aeronprom

import (
	"math"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/aeroncgo/aeron/stats"
)

// streamDescs are the metrics of streams.
type streamDescs struct {
	streams, others, othersLag                                 *prometheus.Desc
	publisherPosition, publisherLimit, publisherWindow         *prometheus.Desc
	senderPosition, senderLimit, senderWindow, senderBacklog   *prometheus.Desc
	receiverPosition, receiverHighWaterMark, receiverGap       *prometheus.Desc
	lossBytes, lossEvents                                      *prometheus.Desc
	subscriberPosition, subscriberLag, subscriberOthers        *prometheus.Desc
	backPressure, naksReceived, naksSent, flowControlReceivers *prometheus.Desc
}

func (c *Collector) describeStreams() {
	of := func(name, help string) *prometheus.Desc {
		return c.desc(name, help, "channel", "stream_id", "session_id")
	}
	by := func(name, help string) *prometheus.Desc {
		return c.desc(name, help, "channel", "stream_id", "session_id", "subscription_id", "client_id", "client_name")
	}
	c.stream = streamDescs{
		streams:   c.desc("streams", "How many streams the driver has, by session, stream and channel."),
		others:    c.desc("streams_others", "How many of them have no series of their own, since there are more than MaxStreams."),
		othersLag: c.desc("streams_others_subscriber_lag_max_bytes", "The longest lag of a subscriber among the streams that have no series of their own."),

		publisherPosition: of("publisher_position_bytes_total", "Where the publications of the stream are."),
		publisherLimit:    of("publisher_limit_bytes", "Where the publications of the stream are stopped."),
		publisherWindow:   of("publisher_window_bytes", "How many bytes may be published before back pressure."),

		senderPosition: of("sender_position_bytes_total", "Up to where the sender has sent the stream."),
		senderLimit:    of("sender_limit_bytes", "Up to where receivers let the sender go."),
		senderWindow:   of("sender_window_bytes", "How many bytes the receivers let the sender go on."),
		senderBacklog:  of("sender_backlog_bytes", "How many published bytes the sender has not sent."),

		receiverPosition:      of("receiver_position_bytes_total", "Up to where all of the stream has arrived."),
		receiverHighWaterMark: of("receiver_high_water_mark_bytes_total", "The end of what has arrived of the stream, behind gaps too."),
		receiverGap:           of("receiver_gap_bytes", "How far the end of what has arrived is beyond the first gap."),

		lossBytes:  of("stream_loss_bytes_total", "Bytes of the stream that were lost on the way; what was retransmitted counts too."),
		lossEvents: of("stream_loss_observations_total", "How many gaps those bytes were."),

		backPressure:         of("sender_back_pressure_events_total", "How often receivers stopped the sender of the stream."),
		naksReceived:         of("sender_naks_received_total", "Requests for retransmission that the sender of the stream got."),
		naksSent:             of("receiver_naks_sent_total", "Requests for retransmission that the receiver of the stream sent."),
		flowControlReceivers: of("flow_control_receivers", "How many receivers flow control counts for the stream."),

		subscriberPosition: by("subscriber_position_bytes_total", "Up to where the subscriber has read the stream."),
		subscriberLag:      by("subscriber_lag_bytes", "How many bytes the subscriber has yet to read: up to the receiver's high-water mark or, for IPC, the publisher's position."),
		subscriberOthers:   of("subscribers_others", "How many subscribers of the stream have no series of their own, since there are more than MaxSubscribers; only if there are any."),
	}
}

// streamLabels are what a stream's series are told apart by.
type streamLabels struct{ channel, stream, session string }

func labelsOf(channel string, stream, session int32) streamLabels {
	return streamLabels{channel: channel, stream: itoa(int64(stream)), session: itoa(int64(session))}
}

// choose decides which streams get series: those that have them, then others in their order.
func (c *Collector) choose(streams []stats.StreamBacklog) {
	alive := make(map[streamLabels]struct{}, len(streams))
	for _, s := range streams {
		alive[labelsOf(s.Channel, s.StreamID, s.SessionID)] = struct{}{}
	}
	for labels := range c.kept {
		if _, ok := alive[labels]; !ok {
			delete(c.kept, labels)
		}
	}
	for _, s := range streams {
		if len(c.kept) >= c.options.MaxStreams {
			return
		}
		c.kept[labelsOf(s.Channel, s.StreamID, s.SessionID)] = struct{}{}
	}
}

func (c *Collector) collectStreams(out *sink, names map[int64]string) {
	var streams []stats.StreamBacklog
	for s := range c.snap.Backlog() {
		streams = append(streams, s)
	}
	c.choose(streams)
	loss := map[lossKey][]stats.LossEntry{}
	for entry := range c.snap.Loss() {
		key := lossKey{entry.SessionID, entry.StreamID}
		loss[key] = append(loss[key], entry)
	}
	others, othersLag := 0, math.NaN()
	for _, s := range streams {
		labels := labelsOf(s.Channel, s.StreamID, s.SessionID)
		if _, ok := c.kept[labels]; !ok {
			others++
			for _, sub := range s.Subscribers {
				othersLag = longer(othersLag, float64(sub.Backlog))
			}
			continue
		}
		c.collectStream(out, s, labels, loss)
		c.collectSubscribers(out, s, labels, names)
	}
	out.gauge(c.stream.streams, float64(len(streams)))
	out.gauge(c.stream.others, float64(others))
	if !math.IsNaN(othersLag) {
		out.gauge(c.stream.othersLag, othersLag)
	}
	c.collectStreamCounters(out)
}

// lossKey is what of a stream the loss report and the counters tell alike.
type lossKey struct{ session, stream int32 }

func (c *Collector) collectStream(out *sink, s stats.StreamBacklog, l streamLabels, loss map[lossKey][]stats.LossEntry) {
	d := &c.stream
	if p := s.Publisher; p != nil {
		out.count(d.publisherPosition, float64(p.Position), l.channel, l.stream, l.session)
		out.gauge(d.publisherLimit, float64(p.Limit), l.channel, l.stream, l.session)
		out.gauge(d.publisherWindow, float64(p.RemainingWindow()), l.channel, l.stream, l.session)
	}
	if p := s.Sender; p != nil {
		out.count(d.senderPosition, float64(p.Position), l.channel, l.stream, l.session)
		out.gauge(d.senderLimit, float64(p.Limit), l.channel, l.stream, l.session)
		out.gauge(d.senderWindow, float64(p.Window()), l.channel, l.stream, l.session)
	}
	if backlog, ok := s.SenderBacklog(); ok {
		out.gauge(d.senderBacklog, float64(backlog), l.channel, l.stream, l.session)
	}
	if r := s.Receiver; r != nil {
		out.count(d.receiverPosition, float64(r.Position), l.channel, l.stream, l.session)
		out.count(d.receiverHighWaterMark, float64(r.HighWaterMark), l.channel, l.stream, l.session)
		out.gauge(d.receiverGap, float64(r.HighWaterMark-r.Position), l.channel, l.stream, l.session)

		bytes, gaps := 0.0, 0.0
		for _, entry := range loss[lossKey{s.SessionID, s.StreamID}] {
			// The report has the channel whole, a counter's key only its begin.
			if strings.HasPrefix(entry.Channel, s.Channel) {
				bytes += float64(entry.TotalBytesLost)
				gaps += float64(entry.ObservationCount)
			}
		}
		out.count(d.lossBytes, bytes, l.channel, l.stream, l.session)
		out.count(d.lossEvents, gaps, l.channel, l.stream, l.session)
	}
}

func (c *Collector) collectSubscribers(out *sink, s stats.StreamBacklog, l streamLabels, names map[int64]string) {
	shown := min(len(s.Subscribers), c.options.MaxSubscribers)
	for _, sub := range s.Subscribers[:shown] {
		labels := []string{l.channel, l.stream, l.session, itoa(sub.RegistrationID), itoa(sub.OwnerID), names[sub.OwnerID]}
		out.count(c.stream.subscriberPosition, float64(sub.Position), labels...)
		out.gauge(c.stream.subscriberLag, float64(sub.Backlog), labels...)
	}
	if rest := len(s.Subscribers) - shown; rest > 0 {
		out.gauge(c.stream.subscriberOthers, float64(rest), l.channel, l.stream, l.session)
	}
}

// collectStreamCounters gives what the backlog does not have.
func (c *Collector) collectStreamCounters(out *sink) {
	for counter := range c.snap.Counters() {
		var d *prometheus.Desc
		kind := prometheus.CounterValue
		switch counter.TypeID {
		case stats.TypeSenderBackPressure:
			d = c.stream.backPressure
		case stats.TypeSenderNAKsReceived:
			d = c.stream.naksReceived
		case stats.TypeReceiverNAKsSent:
			d = c.stream.naksSent
		case stats.TypeFlowControlReceivers:
			d, kind = c.stream.flowControlReceivers, prometheus.GaugeValue
		default:
			continue
		}
		key, _ := counter.Stream()
		labels := labelsOf(key.Channel, key.StreamID, key.SessionID)
		if _, ok := c.kept[labels]; ok {
			out.put(d, kind, float64(counter.Value), labels.channel, labels.stream, labels.session)
		}
	}
}
