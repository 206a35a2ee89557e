package drain

// The ids of system counters that are counted on.
const (
	NAKsReceived           = naksReceived
	StatusMessagesReceived = statusMessagesReceived
)
