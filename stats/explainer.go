package stats

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// publication is the counters of one publication.
type publication struct {
	key            StreamKey
	channel        string // all of it that the label has
	position       *Counter
	limit          *Counter
	senderPosition *Counter
	senderLimit    *Counter
	receivers      *Counter
	backPressure   int64
	naks           int64
}

// image is the counters of one image.
type image struct {
	key      StreamKey
	hwm      *Counter
	position *Counter
	naks     int64
}

func (i *image) complete() bool { return i.hwm != nil && i.position != nil }

// sessionKey is what a publication and its images have in common.
type sessionKey struct{ session, stream int32 }

func (k StreamKey) ofSession() sessionKey { return sessionKey{k.SessionID, k.StreamID} }

// processLook finds the processes that have some of a directory's files mapped.
type processLook func(dir string, files []string) []sighting

// explainer is one explanation of a reading. It is for one goroutine.
type explainer struct {
	dir          string
	r            *reading
	memory       *remembered
	only         int64 // the publication that is asked for, 0 for all
	publications map[int64]*publication
	images       map[int64]*image
	local        map[sessionKey][]*image // those of the driver's own publications
	subscribers  map[int64][]*Counter    // by what they read
	clients      map[int64]Client
	known        map[int64]int
	pids         map[int64][]int
	status       map[string]int64 // of channels that are sent to
	lost         map[sessionKey]loss
	budget       int64
	walks        int            // steps through images of publications that are left
	counted      map[int32]bool // the counters of subscribers whose messages are counted, nil for all
	sent         *logDir
	received     *logDir
}

// loss is what has been lost of a stream.
type loss struct{ observations, bytes int64 }

func newExplainer(s *Snapshot, r *reading, only int64, known map[int64]int, look processLook) *explainer {
	x := &explainer{
		dir: s.dir, r: r, memory: &s.memory, only: only, known: known, budget: messageBudget,
		publications: map[int64]*publication{}, images: map[int64]*image{}, local: map[sessionKey][]*image{},
		subscribers: map[int64][]*Counter{}, clients: map[int64]Client{}, status: map[string]int64{}, lost: map[sessionKey]loss{},
		sent: newLogDir(s.dir, publicationsDir), received: newLogDir(s.dir, imagesDir),
	}
	x.memory.of(&r.info)
	for i := range r.counters {
		x.sort(&r.counters[i])
	}
	for _, l := range r.loss {
		key := sessionKey{l.SessionID, l.StreamID}
		sum := x.lost[key]
		x.lost[key] = loss{sum.observations + l.ObservationCount, sum.bytes + l.TotalBytesLost}
	}
	x.walks = walksEach*len(x.images) + walksOver
	for _, all := range x.subscribers {
		x.walks += walksEach * len(all)
	}
	x.pids = x.processes(look)
	x.chooseCounted()
	return x
}

// chooseCounted finds those that are furthest behind.
func (x *explainer) chooseCounted() {
	type lag struct {
		counter int32
		bytes   int64
	}
	var lags []lag
	for id, readers := range x.subscribers {
		end := int64(0)
		switch p, i := x.publications[id], x.images[id]; {
		case p != nil && p.position != nil:
			end = p.position.Value
		case i != nil && i.hwm != nil:
			end = i.hwm.Value
		}
		for _, c := range readers {
			if bytes := end - c.Value; bytes > 0 {
				lags = append(lags, lag{c.ID, bytes})
			}
		}
	}
	if len(lags) <= maxCounted {
		return
	}
	slices.SortFunc(lags, func(a, b lag) int { return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(a.counter, b.counter)) })
	x.counted = make(map[int32]bool, maxCounted)
	for _, l := range lags[:maxCounted] {
		x.counted[l.counter] = true
	}
}

func (x *explainer) close() {
	x.sent.close()
	x.received.close()
}

// sort puts a counter where it belongs.
func (x *explainer) sort(c *Counter) {
	switch c.TypeID {
	case TypeClientHeartbeat:
		client, _ := c.Client()
		x.clients[client.ID] = client
		return
	case TypeSendChannelStatus:
		channel, _ := c.Channel()
		x.status[channel] = c.Value
		return
	case TypeSubscriberPosition:
		x.subscribers[c.ReferenceID] = append(x.subscribers[c.ReferenceID], c)
		return
	}
	switch id := keyInt64(c, streamRegistrationOffset); c.TypeID {
	case TypeReceiverHWM, TypeReceiverPosition, TypeReceiverNAKsSent:
		i := x.images[id]
		if i == nil {
			key, _ := c.Stream()
			i = &image{key: key}
			x.images[id] = i
		}
		switch c.TypeID {
		case TypeReceiverHWM:
			i.hwm = c
		case TypeReceiverPosition:
			i.position = c
		default:
			i.naks = c.Value
		}
	case TypePublisherLimit, TypePublisherPosition, TypeSenderPosition, TypeSenderLimit, TypeSenderBackPressure,
		TypeSenderNAKsReceived, TypeFlowControlReceivers:
		p := x.publications[id]
		if p == nil {
			key, _ := c.Stream()
			p = &publication{key: key, channel: labelChannel(c, key)}
			x.publications[id] = p
		}
		switch c.TypeID {
		case TypePublisherLimit:
			p.limit = c
		case TypePublisherPosition:
			p.position = c
		case TypeSenderPosition:
			p.senderPosition = c
		case TypeSenderLimit:
			p.senderLimit = c
		case TypeFlowControlReceivers:
			p.receivers = c
		case TypeSenderBackPressure:
			p.backPressure = c.Value
		case TypeSenderNAKsReceived:
			p.naks = c.Value
		}
	}
}

// labelChannel is the channel of a stream's counter as its label has it, which has more room than the
// key: "pub-lmt: 7 -5 10 aeron:udp?…", and for a subscriber " @" and where it joined.
func labelChannel(c *Counter, key StreamKey) string {
	at := strings.LastIndex(c.Label, " "+key.Channel)
	if at < 0 || key.Channel == "" {
		return key.Channel
	}
	channel := c.Label[at+1:]
	if c.TypeID == TypeSubscriberPosition {
		if i := strings.LastIndex(channel, " @"); i >= 0 {
			channel = channel[:i]
		}
	}
	return channel
}

// processes finds the clients' processes, or takes what has been found before.
func (x *explainer) processes(look processLook) map[int64][]int {
	now, logCount := time.Now(), len(x.publications)
	for _, all := range x.subscribers {
		logCount += len(all)
	}
	if x.known == nil {
		if pids, ok := x.memory.processes(x.clients, logCount, now); ok {
			return pids
		}
	}
	logs := map[int64][]string{}
	for id, p := range x.publications {
		if p.limit != nil {
			logs[p.limit.OwnerID] = append(logs[p.limit.OwnerID], logPath(publicationsDir, id))
		}
	}
	for id, all := range x.subscribers {
		sub := publicationsDir
		if x.images[id] != nil {
			sub = imagesDir
		}
		for _, c := range all {
			logs[c.OwnerID] = append(logs[c.OwnerID], logPath(sub, id))
		}
	}
	clients := make([]Client, 0, len(x.clients))
	for _, c := range x.clients {
		clients = append(clients, c)
	}
	files := []string{cncName, LossReportFile}
	for _, names := range logs {
		files = append(files, names...)
	}
	pids := clientProcesses(look(x.dir, files), clients, logs, x.known, x.r.info.Taken)
	if x.known == nil {
		x.memory.keepProcesses(pids, x.clients, logCount, now)
	}
	return pids
}
