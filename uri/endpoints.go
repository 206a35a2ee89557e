package uri

// ControlMode is who says where a publication with several destinations sends to.
type ControlMode string

const (
	// Manual means that the application adds and removes destinations. C: AERON_UDP_CHANNEL_CONTROL_MODE_MANUAL_VALUE
	Manual ControlMode = "manual"
	// Dynamic means that receivers announce themselves at the control address. C: AERON_UDP_CHANNEL_CONTROL_MODE_DYNAMIC_VALUE
	Dynamic ControlMode = "dynamic"
	// Response means that the publication answers the image with the response correlation id. C: AERON_UDP_CHANNEL_CONTROL_MODE_RESPONSE_VALUE
	Response ControlMode = "response"
)

// setAddress sets an address parameter, and says its field if it cannot be.
func (u URI) setAddress(key, host string, port int) URI {
	address, err := Address(host, port)
	if err != nil {
		e := &Error{Op: "set", Field: key, Reason: err.Error(), Err: ErrValue}
		if cause, ok := err.(*Error); ok { //nolint:errorlint // Address returns nothing else, and wraps nothing
			e.Value, e.Reason, e.Remedy = cause.Value, cause.Reason, cause.Remedy
		}
		return u.fail(e)
	}
	return u.Set(key, address)
}

func (u URI) getAddress(key string) (host string, port int, err error) {
	text, err := get(u, key, parseText)
	if err != nil {
		return "", 0, err
	}
	host, port, err = SplitAddress(text)
	if err != nil {
		v := checkAddress(text)
		return "", 0, &Error{Op: "get", Field: key, Value: text, Reason: v.reason, Remedy: v.remedy, Err: ErrValue}
	}
	return host, port, nil
}

// Endpoint is where a publication sends to and a subscription listens: an address or a name, see [Address], and a port from 0 to 65535; 0
// lets the operating system choose a subscription's. For multicast, a group's address; its last byte must be odd. C:
// AERON_UDP_CHANNEL_ENDPOINT_KEY
func (u URI) Endpoint(host string, port int) URI { return u.setAddress(KeyEndpoint, host, port) }

// GetEndpoint gives where it sends to or listens, without brackets, or ErrNotSet.
func (u URI) GetEndpoint() (host string, port int, err error) { return u.getAddress(KeyEndpoint) }

// Interface is the network interface: an address with or without a length of the network part ("10.0.0.0/8", "[fe80::1]/64"), or a name
// in braces ("{eth0}"). C: AERON_UDP_CHANNEL_INTERFACE_KEY
func (u URI) Interface(address string) URI { return u.Set(KeyInterface, address) }

// InterfaceName is the network interface by its name, 1 to 15 bytes long, such as "eth0". C: aeron_parse_named_interface
func (u URI) InterfaceName(name string) URI { return u.Interface("{" + name + "}") }

// GetInterface gives the network interface as it is written, or ErrNotSet.
func (u URI) GetInterface() (string, error) { return get(u, KeyInterface, parseText) }

// Control is the address that receivers of a publication with several destinations announce themselves at, or, on a subscription, that it
// announces itself at. C: AERON_UDP_CHANNEL_CONTROL_KEY
func (u URI) Control(host string, port int) URI { return u.setAddress(KeyControl, host, port) }

// GetControl gives the control address, without brackets, or ErrNotSet.
func (u URI) GetControl() (host string, port int, err error) { return u.getAddress(KeyControl) }

// ControlMode says who adds destinations. C: AERON_UDP_CHANNEL_CONTROL_MODE_KEY
func (u URI) ControlMode(mode ControlMode) URI { return u.Set(KeyControlMode, string(mode)) }

// GetControlMode gives who adds destinations, or ErrNotSet; what C does not know it takes for "".
func (u URI) GetControlMode() (ControlMode, error) {
	return get(u, KeyControlMode, func(s string) (ControlMode, verdict) {
		if !checkControlMode(s).fine() {
			return "", verdict{}
		}
		return ControlMode(s), verdict{}
	})
}

// DynamicControl makes it a publication whose receivers announce themselves at an address of its own (dynamic multi-destination-cast), or
// a subscription that announces itself there: control and control-mode=dynamic. Without the mode, the driver refuses such a publication.
// Seed: controlEndpoint
func (u URI) DynamicControl(host string, port int) URI {
	return u.Control(host, port).ControlMode(Dynamic)
}

// ManualControl makes it a publication, or a subscription, whose destinations the application adds: control-mode=manual.
func (u URI) ManualControl() URI { return u.ControlMode(Manual) }

// ResponseEndpoint is the address at which a server's responses are received. The Java client's samples use it; C does not read it.
// Java: RESPONSE_ENDPOINT_PARAM_NAME
func (u URI) ResponseEndpoint(host string, port int) URI {
	return u.setAddress(KeyResponseEndpoint, host, port)
}

// GetResponseEndpoint gives the response address, without brackets, or ErrNotSet.
func (u URI) GetResponseEndpoint() (host string, port int, err error) {
	return u.getAddress(KeyResponseEndpoint)
}
