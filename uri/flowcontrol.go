package uri

import (
	"strconv"
	"strings"
	"time"
)

// FlowStrategy is how the sender of a stream with several receivers takes their speeds together.
type FlowStrategy string

const (
	// FlowMax goes with the fastest receiver; the others lose. C: AERON_MAX_FLOW_CONTROL_STRATEGY_NAME
	FlowMax FlowStrategy = "max"
	// FlowMin goes with the slowest receiver. C: AERON_MIN_FLOW_CONTROL_STRATEGY_NAME
	FlowMin FlowStrategy = "min"
	// FlowTagged goes with the slowest of the receivers that have the group's tag. C: AERON_TAGGED_FLOW_CONTROL_STRATEGY_NAME
	FlowTagged FlowStrategy = "tagged"
)

// FlowControl is the value of the parameter fc. Fields that are nil or 0 leave the driver's setting. C:
// aeron_flow_control_parse_tagged_options, aeron_flow_control_parse_max_options. Java: taggedFlowControl, minFlowControl
type FlowControl struct {
	Strategy     FlowStrategy
	GroupTag     *int64        // which receivers count; FlowTagged
	MinGroupSize *int32        // how many receivers it takes to be connected, from 0; FlowMin and FlowTagged
	Timeout      time.Duration // how long a silent receiver counts; FlowMin and FlowTagged
	// RetransmitWindows is how many receiver windows one retransmission may cover.
	RetransmitWindows int
}

// String gives the text as Java's builder writes it, such as "tagged,g:101/2,t:5s".
func (f FlowControl) String() string {
	var b strings.Builder
	b.WriteString(string(f.Strategy))
	if f.GroupTag != nil || f.MinGroupSize != nil {
		b.WriteString(",g:")
		if f.GroupTag != nil {
			b.WriteString(strconv.FormatInt(*f.GroupTag, 10))
		}
		if f.MinGroupSize != nil {
			b.WriteByte('/')
			b.WriteString(strconv.FormatInt(int64(*f.MinGroupSize), 10))
		}
	}
	if f.Timeout != 0 {
		b.WriteString(",t:")
		b.WriteString(formatDuration(f.Timeout))
	}
	if f.RetransmitWindows != 0 {
		b.WriteString(",rrwm:")
		b.WriteString(strconv.Itoa(f.RetransmitWindows))
	}
	return b.String()
}

const flowExample = "write it as in max, min,g:/3,t:5s or tagged,g:101/2"

func parseFlowControl(s string) (FlowControl, verdict) {
	name, options, hasOptions := strings.Cut(s, ",")
	f := FlowControl{Strategy: FlowStrategy(name)}
	if f.Strategy != FlowMax && f.Strategy != FlowMin && f.Strategy != FlowTagged {
		return f, refused("its strategy is not max, min or tagged", flowExample)
	}
	if !hasOptions {
		return f, verdict{}
	}
	for option := range strings.SplitSeq(options, ",") {
		if v := flowOption(&f, option); !v.fine() {
			return f, v
		}
	}
	return f, verdict{}
}

func flowOption(f *FlowControl, s string) verdict {
	key, value, _ := strings.Cut(s, ":")
	if f.Strategy == FlowMax && (key == "g" || key == "t") {
		return refused("max has no group and no timeout", flowExample)
	}
	switch key {
	case "g":
		return flowGroup(f, value)
	case "t":
		timeout, v := parseDuration(value)
		if !v.fine() {
			v.reason = "the timeout " + v.reason
			return v
		}
		f.Timeout = timeout
	case "rrwm":
		n, v := parseInt32(value)
		if !v.fine() || n < 1 {
			return refused("the retransmission windows are not a number from 1", flowExample)
		}
		f.RetransmitWindows = int(n)
	default:
		return refused("it has an option that is not g, t or rrwm", flowExample)
	}
	return verdict{}
}

func flowGroup(f *FlowControl, s string) verdict {
	tag, size, hasSize := strings.Cut(s, "/")
	if tag != "" {
		n, v := parseInt64(tag)
		if !v.fine() {
			v.reason = "the group's tag " + v.reason
			// C reads a tag that is no number at all as none.
			_, rest, _ := cInteger(tag, 10)
			v.silent = rest == tag
			return v
		}
		f.GroupTag = &n
	}
	if hasSize {
		n, v := parseInt32(size)
		if !v.fine() || n < 0 {
			return refused("the group's size is not a number from 0", flowExample)
		}
		f.MinGroupSize = &n
	}
	if tag == "" && !hasSize {
		return ignored("the group has neither tag nor size", flowExample)
	}
	return verdict{}
}

func checkFlowControl(s string) verdict { _, v := parseFlowControl(s); return v }

// FlowControl says how the sender goes with several receivers. It has an effect on publications with multicast or several destinations.
// C: AERON_URI_FC_KEY
func (u URI) FlowControl(f FlowControl) URI {
	if f.Timeout < 0 {
		return u.fail(&Error{
			Op: "set", Field: KeyFlowControl, Value: f.String(), Err: ErrValue,
			Reason: "the timeout is negative", Remedy: "use 0 for the driver's",
		})
	}
	return u.Set(KeyFlowControl, f.String())
}

// GetFlowControl gives how the sender goes with several receivers, or ErrNotSet.
func (u URI) GetFlowControl() (FlowControl, error) { return get(u, KeyFlowControl, parseFlowControl) }
