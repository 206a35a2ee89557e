package page

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aeroncgo/aeron/stats"
)

// How much of a driver one state shows. The rest is counted.
const (
	maxStreams     = 500
	maxSubscribers = 64
	maxClients     = 200
	maxEntries     = 50 // errors, and losses: the latest
	maxText        = 4000
)

// State is what the page shows of a driver at a moment, as JSON. Positions, windows and lags are in bytes, rates in bytes a second; a rate
// is absent until there are two readings.
type State struct {
	Dir         string    `json:"dir"`
	Taken       time.Time `json:"taken"`
	Alive       bool      `json:"alive"`
	Problem     string    `json:"problem,omitempty"` // why there is nothing to see, or what is damaged
	Driver      *Driver   `json:"driver,omitempty"`
	Streams     []Stream  `json:"streams"`
	Others      int       `json:"streams_not_shown"`
	Clients     []Client  `json:"clients"`
	Errors      []Failure `json:"errors"`
	OtherErrors int       `json:"errors_not_shown"`
	Loss        []Loss    `json:"loss"`
	OtherLoss   int       `json:"loss_not_shown"`
}

// Driver is the driver as a whole.
type Driver struct {
	PID             int64      `json:"pid"`
	AeronVersion    string     `json:"aeron_version"`
	Started         *time.Time `json:"started,omitempty"`
	HeartbeatAgeMS  *int64     `json:"heartbeat_age_ms,omitempty"`
	Closed          bool       `json:"closed"`
	Counters        int        `json:"counters"`
	CounterCapacity int        `json:"counter_capacity"`
	BytesSent       int64      `json:"bytes_sent"`
	BytesReceived   int64      `json:"bytes_received"`
	SentRate        *float64   `json:"sent_rate,omitempty"`
	ReceivedRate    *float64   `json:"received_rate,omitempty"`
	Errors          int64      `json:"errors"`
	NAKsSent        int64      `json:"naks_sent"`
	NAKsReceived    int64      `json:"naks_received"`
	Retransmits     int64      `json:"retransmits"`
	BytesLost       int64      `json:"bytes_lost"`
	ClientCount     int        `json:"clients"`
}

// Stream is one session of a stream. Position is the publisher's or, without one here, the receiver's.
type Stream struct {
	Channel     string       `json:"channel"`
	StreamID    int32        `json:"stream_id"`
	SessionID   int32        `json:"session_id"`
	Position    *int64       `json:"position,omitempty"`
	Rate        *float64     `json:"rate,omitempty"`
	Window      *int64       `json:"window,omitempty"`  // what may be published
	ToSend      *int64       `json:"to_send,omitempty"` // what the sender has not sent
	Gap         *int64       `json:"gap,omitempty"`     // between what is complete and what has arrived
	Lag         *int64       `json:"lag,omitempty"`     // of the slowest subscriber
	Lost        *int64       `json:"lost,omitempty"`
	Explanation string       `json:"explanation,omitempty"` // ready or not and why, or who limits it
	Subscribers []Subscriber `json:"subscribers"`
	Others      int          `json:"subscribers_not_shown"`
}

// Subscriber is one reader of a stream.
type Subscriber struct {
	ID       int64    `json:"id"`
	ClientID int64    `json:"client_id"`
	Client   string   `json:"client"`
	Position int64    `json:"position"`
	Rate     *float64 `json:"rate,omitempty"`
	Lag      int64    `json:"lag"`
}

// Client is a client of the driver.
type Client struct {
	ID             int64  `json:"id"`
	Name           string `json:"name"`
	HeartbeatAgeMS *int64 `json:"heartbeat_age_ms,omitempty"`
}

// Failure is a distinct error.
type Failure struct {
	Count int        `json:"count"`
	First *time.Time `json:"first,omitempty"`
	Last  *time.Time `json:"last,omitempty"`
	Text  string     `json:"text"`
}

// Loss is the loss in one image.
type Loss struct {
	Observations int64      `json:"observations"`
	BytesLost    int64      `json:"bytes_lost"`
	First        *time.Time `json:"first,omitempty"`
	Last         *time.Time `json:"last,omitempty"`
	SessionID    int32      `json:"session_id"`
	StreamID     int32      `json:"stream_id"`
	Channel      string     `json:"channel"`
	Source       string     `json:"source"`
}

// reader reads a driver's directory again and again. It is for one goroutine.
type reader struct {
	dir    string
	snap   *stats.Snapshot
	driver driverID
	taken  time.Time
	before map[pointKey]int64
	now    map[pointKey]int64

	explained    map[int64]string // by the registration id of the publication or image
	explainAgain time.Time        // when
}

// Explaining looks for the processes of subscribers, which takes milliseconds: it is done less often than the rest, and takes one part in
// explainShare of a core at most.
const (
	explainInterval = 2 * time.Second
	explainShare    = 50
)

// explain brings the explanations up to date, if it is time.
func (r *reader) explain() {
	begin := time.Now()
	if begin.Before(r.explainAgain) {
		return
	}
	r.explained = map[int64]string{}
	for e := range r.snap.Explain() {
		r.explained[e.RegistrationID] = cut(e.String())
	}
	cost := time.Since(begin)
	r.explainAgain = begin.Add(max(explainInterval, explainShare*cost))
}

// driverID tells a driver from one that was started later in the same directory.
type driverID struct {
	pid     int64
	started time.Time
}

// pointKey is what a rate is of.
type pointKey struct {
	what            byte
	stream, session int32
	id              int64
	channel         string
}

// read makes a state of what is there now, whatever that is.
func (r *reader) read() State {
	s := State{Dir: strings.ToValidUTF8(r.dir, "\uFFFD"), Taken: time.Now().UTC(), Streams: []Stream{}, Clients: []Client{}, Errors: []Failure{}, Loss: []Loss{}}
	if err := r.refresh(); err != nil {
		s.Problem = remedy(err)
		r.before = nil
		return s
	}
	info := r.snap.Info()
	s.Taken, s.Alive = info.Taken.UTC(), info.Active
	if id := (driverID{info.PID, info.StartTime}); id != r.driver {
		r.driver, r.before, r.explainAgain = id, nil, time.Time{}
	}
	r.now = map[pointKey]int64{}
	defer func() { r.before, r.taken = r.now, info.Taken }()
	if err := r.snap.Err(); err != nil {
		s.Problem = "parts of the driver's files cannot be read: " + strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	s.Driver = r.readDriver(info)
	names := map[int64]string{}
	for c := range r.snap.Clients() {
		names[c.ID] = c.Name
		s.Driver.ClientCount++
		if len(s.Clients) < maxClients {
			s.Clients = append(s.Clients, Client{ID: c.ID, Name: c.Name, HeartbeatAgeMS: age(info.Taken, c.Heartbeat)})
		}
	}
	r.readStreams(&s, names)
	r.readEntries(&s)
	return s
}

func (r *reader) refresh() (err error) {
	if r.snap == nil {
		r.snap, err = stats.Open(r.dir)
		return err
	}
	return r.snap.Refresh()
}

// remedy is why there is nothing to see, for people.
func remedy(err error) string {
	switch {
	case errors.Is(err, stats.ErrNotFound):
		return err.Error() + ": no driver has run there; this page will show one as soon as it does"
	case errors.Is(err, stats.ErrNotReady):
		return err.Error() + ": a driver may be about to start"
	case errors.Is(err, fs.ErrPermission):
		return err.Error() + ": run this as the driver's user"
	}
	return err.Error()
}

func (r *reader) readDriver(info stats.Info) *Driver {
	system := func(id int32) int64 { value, _ := r.snap.System(id); return value }
	d := &Driver{
		PID: info.PID, Closed: info.Closed, Started: moment(info.StartTime), HeartbeatAgeMS: age(info.Taken, info.Heartbeat),
		Counters: info.CountersAllocated, CounterCapacity: info.CounterCapacity,
		BytesSent: system(stats.SystemBytesSent), BytesReceived: system(stats.SystemBytesReceived), Errors: system(stats.SystemErrors),
		NAKsSent: system(stats.SystemNAKMessagesSent), NAKsReceived: system(stats.SystemNAKMessagesReceived),
		Retransmits: system(stats.SystemRetransmitsSent),
	}
	if info.AeronVersion != 0 {
		d.AeronVersion = info.AeronVersion.String()
	}
	d.SentRate = r.rate(pointKey{what: 's'}, d.BytesSent, info.Taken)
	d.ReceivedRate = r.rate(pointKey{what: 'r'}, d.BytesReceived, info.Taken)
	for l := range r.snap.Loss() {
		d.BytesLost += l.TotalBytesLost
	}
	return d
}

// rate notes a value, and returns how fast it has grown since the last reading.
func (r *reader) rate(key pointKey, value int64, taken time.Time) *float64 {
	r.now[key] = value
	last, ok := r.before[key]
	elapsed := taken.Sub(r.taken).Seconds()
	if !ok || elapsed <= 0 || value < last {
		return nil
	}
	rate := float64(uint64(value)-uint64(last)) / elapsed // exact also where the difference is no int64
	return &rate
}

func (r *reader) readStreams(s *State, names map[int64]string) {
	type image struct{ session, stream int32 }
	lost := map[image][]stats.LossEntry{}
	for l := range r.snap.Loss() {
		key := image{l.SessionID, l.StreamID}
		lost[key] = append(lost[key], l)
	}
	r.explain()
	for b := range r.snap.Backlog() {
		if len(s.Streams) == maxStreams {
			s.Others++
			continue
		}
		st := Stream{Channel: b.Channel, StreamID: b.StreamID, SessionID: b.SessionID, Subscribers: []Subscriber{}}
		key := pointKey{what: 'p', stream: b.StreamID, session: b.SessionID, channel: b.Channel}
		if receiver := b.Receiver; receiver != nil {
			st.Explanation = r.explained[receiver.RegistrationID]
			st.Position, st.Gap = new(receiver.HighWaterMark), new(receiver.HighWaterMark-receiver.Position)
			var bytes int64
			for _, l := range lost[image{b.SessionID, b.StreamID}] {
				if strings.HasPrefix(l.Channel, b.Channel) { // a counter's key has only the channel's begin
					bytes += l.TotalBytesLost
				}
			}
			st.Lost = &bytes
		}
		if p := b.Publisher; p != nil {
			st.Explanation = r.explained[p.RegistrationID]
			st.Position, st.Window = new(p.Position), new(p.RemainingWindow())
		}
		if st.Position != nil {
			st.Rate = r.rate(key, *st.Position, s.Taken)
		}
		if backlog, ok := b.SenderBacklog(); ok {
			st.ToSend = &backlog
		}
		for i, sub := range b.Subscribers {
			if st.Lag == nil || sub.Backlog > *st.Lag {
				st.Lag = new(sub.Backlog)
			}
			if i >= maxSubscribers {
				st.Others++
				continue
			}
			key.what, key.id = 'c', int64(sub.CounterID)
			st.Subscribers = append(st.Subscribers, Subscriber{
				ID: sub.RegistrationID, ClientID: sub.OwnerID, Client: names[sub.OwnerID], Position: sub.Position,
				Rate: r.rate(key, sub.Position, s.Taken), Lag: sub.Backlog,
			})
		}
		s.Streams = append(s.Streams, st)
	}
}

// readEntries takes the latest errors and losses, the latest first.
func (r *reader) readEntries(s *State) {
	failures := slices.Collect(r.snap.Errors())
	slices.SortStableFunc(failures, func(a, b stats.ErrorEntry) int { return b.Last.Compare(a.Last) })
	s.OtherErrors = max(0, len(failures)-maxEntries)
	for _, e := range failures[:len(failures)-s.OtherErrors] {
		s.Errors = append(s.Errors, Failure{Count: e.Count, First: moment(e.First), Last: moment(e.Last), Text: cut(e.Text)})
	}
	losses := slices.Collect(r.snap.Loss())
	slices.SortStableFunc(losses, func(a, b stats.LossEntry) int { return b.Last.Compare(a.Last) })
	s.OtherLoss = max(0, len(losses)-maxEntries)
	for _, l := range losses[:len(losses)-s.OtherLoss] {
		s.Loss = append(s.Loss, Loss{
			Observations: l.ObservationCount, BytesLost: l.TotalBytesLost, First: moment(l.First), Last: moment(l.Last),
			SessionID: l.SessionID, StreamID: l.StreamID, Channel: cut(l.Channel), Source: cut(l.Source),
		})
	}
}

// cut shortens a text to what is shown of it.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	n := maxText
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + "…"
}

// moment is a time, or nothing if it is none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// age is how long ago something was, in milliseconds, if it was.
func age(now, then time.Time) *int64 {
	if then.IsZero() {
		return nil
	}
	return new(now.Sub(then).Milliseconds())
}
