package uri

import "slices"

// Names of the parameters, as Aeron spells them. C: aeron_uri.h. Java: CommonContext's *_PARAM_NAME
const (
	KeyTags                          = "tags"
	KeyEndpoint                      = "endpoint"
	KeyInterface                     = "interface"
	KeyControl                       = "control"
	KeyControlMode                   = "control-mode"
	KeyMTU                           = "mtu"
	KeyTermLength                    = "term-length"
	KeyInitialTermID                 = "init-term-id"
	KeyTermID                        = "term-id"
	KeyTermOffset                    = "term-offset"
	KeySessionID                     = "session-id"
	KeyTTL                           = "ttl"
	KeyReliable                      = "reliable"
	KeyLinger                        = "linger"
	KeyAlias                         = "alias"
	KeyCongestionControl             = "cc"
	KeyFlowControl                   = "fc"
	KeyGroupTag                      = "gtag"
	KeySparse                        = "sparse"
	KeyEOS                           = "eos"
	KeyTether                        = "tether"
	KeyGroup                         = "group"
	KeyRejoin                        = "rejoin"
	KeySpiesSimulateConnection       = "ssc"
	KeySocketSendBuffer              = "so-sndbuf"
	KeySocketReceiveBuffer           = "so-rcvbuf"
	KeySocketTOS                     = "so-tos"
	KeyReceiverWindow                = "rcv-wnd"
	KeyMediaReceiveTimestampOffset   = "media-rcv-ts-offset"
	KeyChannelReceiveTimestampOffset = "channel-rcv-ts-offset"
	KeyChannelSendTimestampOffset    = "channel-snd-ts-offset"
	KeyResponseEndpoint              = "response-endpoint"
	KeyResponseCorrelationID         = "response-correlation-id"
	KeyNakDelay                      = "nak-delay"
	KeyUntetheredWindowLimitTimeout  = "untethered-window-limit-timeout"
	KeyUntetheredLingerTimeout       = "untethered-linger-timeout"
	KeyUntetheredRestingTimeout      = "untethered-resting-timeout"
	KeyMaxResend                     = "max-resend"
	KeyStreamID                      = "stream-id"
	KeyPublicationWindow             = "pub-wnd"
	KeyATS                           = "ats"
)

// order is the one in which Java's ChannelUriStringBuilder.build writes parameters; ats, which it does not know, comes last.
var order = []string{
	KeyTags, KeyEndpoint, KeyInterface, KeyControl, KeyControlMode, KeyMTU, KeyTermLength, KeyInitialTermID, KeyTermID, KeyTermOffset,
	KeySessionID, KeyTTL, KeyReliable, KeyLinger, KeyAlias, KeyCongestionControl, KeyFlowControl, KeyGroupTag, KeySparse, KeyEOS, KeyTether,
	KeyGroup, KeyRejoin, KeySpiesSimulateConnection, KeySocketSendBuffer, KeySocketReceiveBuffer, KeySocketTOS, KeyReceiverWindow,
	KeyMediaReceiveTimestampOffset, KeyChannelReceiveTimestampOffset, KeyChannelSendTimestampOffset, KeyResponseEndpoint, KeyResponseCorrelationID,
	KeyNakDelay, KeyUntetheredWindowLimitTimeout, KeyUntetheredLingerTimeout, KeyUntetheredRestingTimeout, KeyMaxResend, KeyStreamID,
	KeyPublicationWindow, KeyATS,
}

// Keys gives the names of all parameters of Aeron 1.54 in the order in which they are written.
func Keys() []string { return slices.Clone(order) }

// spec is what is known of one parameter.
type spec struct {
	rank  int
	check func(value string) verdict
	// Where C looks at the value at all, and refuses the channel if it is malformed.
	udp, ipc Role
	// ipcNoEffect: without meaning on aeron:ipc.
	ipcNoEffect bool
	// lastWins: of several, C uses the last one; otherwise the first.
	lastWins bool
}

// roles says where C refuses a malformed value.
func (s spec) roles(m Media) Role {
	if m == MediaIPC {
		return s.ipc
	}
	return s.udp
}

var specs = func() map[string]spec {
	const pub, sub, both = Publication, Subscription, anyRole
	all := map[string]spec{
		KeyTags:        {check: checkTags, udp: both, lastWins: true},
		KeyEndpoint:    {check: checkEndpoint, udp: both, ipcNoEffect: true, lastWins: true},
		KeyInterface:   {check: checkInterface, udp: both, ipcNoEffect: true, lastWins: true},
		KeyControl:     {check: checkAddress, udp: both, ipcNoEffect: true, lastWins: true},
		KeyControlMode: {check: checkControlMode, lastWins: true},

		KeyMTU:           {check: checkMTU, udp: pub, ipc: pub},
		KeyTermLength:    {check: checkTermLength, udp: pub, ipc: pub},
		KeyInitialTermID: {check: checkInt32, udp: pub, ipc: pub},
		KeyTermID:        {check: checkInt32, udp: pub, ipc: pub},
		KeyTermOffset:    {check: checkTermOffset, udp: pub, ipc: pub},
		KeySessionID:     {check: checkSessionID, udp: both, ipc: both},

		KeyTTL:      {check: checkTTL, ipcNoEffect: true, lastWins: true},
		KeyReliable: {check: checkBool, udp: sub, ipc: sub},
		KeyLinger:   {check: checkDuration, udp: pub, ipc: pub},
		KeyAlias:    {check: func(string) verdict { return verdict{} }},

		KeyCongestionControl:       {check: checkCongestionControl, ipcNoEffect: true},
		KeyFlowControl:             {check: checkFlowControl, ipcNoEffect: true},
		KeyGroupTag:                {check: checkInt64, udp: sub, ipcNoEffect: true},
		KeySparse:                  {check: checkBool, udp: both, ipc: both},
		KeyEOS:                     {check: checkBool, udp: pub, ipc: pub},
		KeyTether:                  {check: checkBool, udp: sub, ipc: sub},
		KeyGroup:                   {check: checkGroup},
		KeyRejoin:                  {check: checkBool, udp: sub, ipc: sub},
		KeySpiesSimulateConnection: {check: checkBool, udp: pub, ipc: pub},

		KeySocketSendBuffer:    {check: checkSize, udp: both, ipcNoEffect: true},
		KeySocketReceiveBuffer: {check: checkSize, udp: both, ipcNoEffect: true},
		KeySocketTOS:           {check: checkTOS, udp: both, ipcNoEffect: true},
		KeyReceiverWindow:      {check: checkSize, udp: both, ipc: sub, ipcNoEffect: true},

		KeyMediaReceiveTimestampOffset:   {check: checkTimestampOffset, udp: both, ipcNoEffect: true},
		KeyChannelReceiveTimestampOffset: {check: checkTimestampOffset, udp: both, ipcNoEffect: true},
		KeyChannelSendTimestampOffset:    {check: checkTimestampOffset, udp: both, ipcNoEffect: true},

		KeyResponseEndpoint:      {check: checkAddressSilently, ipcNoEffect: true},
		KeyResponseCorrelationID: {check: checkResponseCorrelationID, udp: pub, ipc: pub},

		KeyNakDelay:                     {check: checkDuration, ipcNoEffect: true},
		KeyUntetheredWindowLimitTimeout: {check: checkDuration, udp: both, ipc: both},
		KeyUntetheredLingerTimeout:      {check: checkDuration, udp: both, ipc: both},
		KeyUntetheredRestingTimeout:     {check: checkDuration, udp: both, ipc: both},

		KeyMaxResend:         {check: checkMaxResend, udp: pub, ipc: pub, ipcNoEffect: true},
		KeyStreamID:          {check: checkInt32},
		KeyPublicationWindow: {check: checkSize, udp: pub, ipc: pub},
		KeyATS:               {check: checkBool, udp: both, ipcNoEffect: true},
	}
	for i, key := range order {
		s := all[key]
		s.rank = i
		all[key] = s
	}
	return all
}()

func rank(key string) int {
	if s, ok := specs[key]; ok {
		return s.rank
	}
	return len(order)
}
