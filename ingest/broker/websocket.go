package broker

import (
	"context"
	"net/http"
	"net/netip"

	"github.com/coder/websocket"
)

// WebSocketHandler serves MQTT over WebSocket (subprotocol "mqtt") on whatever
// HTTP server it is mounted. A browser's page must be of the same host.
func (s *Server) WebSocketHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		remote, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil {
			http.Error(w, "remote address is not known", http.StatusInternalServerError)
			return
		}
		socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"mqtt"}})
		if err != nil {
			s.logger.Info("websocket refused", "error", err) // Accept has answered
			return
		}
		if socket.Subprotocol() != "mqtt" {
			s.hungUp(socket.Close(websocket.StatusPolicyViolation, `the subprotocol must be "mqtt"`))
			return
		}
		c := s.enter(link{
			Conn:   websocket.NetConn(context.Background(), socket, websocket.MessageBinary),
			remote: netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port()),
			hangUp: socket.CloseNow, state: r.TLS,
		})
		if c == nil {
			s.hungUp(socket.Close(websocket.StatusTryAgainLater, "too many connections"))
			return
		}
		c.serve()
	})
}

func (s *Server) hungUp(err error) {
	if err != nil {
		s.logger.Debug("websocket did not close cleanly", "error", err)
	}
}
