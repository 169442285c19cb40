package check

import (
	"context"
	"errors"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
)

// newPgSQL is service=pgsql: the statement goes by the simple query protocol.
func newPgSQL(t Target, env Env) (Check, error) {
	return &sqlCheck{target: t, dial: env.dial(), rows: pgsqlRows}, nil
}

// pgsqlConfig is the only way to make a configuration. Everything that it takes
// from the environment is replaced: the file alone says how to log in.
func pgsqlConfig(t Target) (*pgconn.Config, error) {
	cfg, err := pgconn.ParseConfig("host=127.0.0.1 port=5432 user=x password=x dbname=x sslmode=disable " +
		"passfile=/dev/null servicefile=/dev/null connect_timeout=0 target_session_attrs=any " +
		"sslnegotiation=postgres channel_binding=prefer min_protocol_version=3.0 max_protocol_version=3.0 require_auth='' " +
		"sslcert='' sslkey='' sslrootcert=''")
	if err != nil {
		// Only PGSERVICE cannot be replaced; the text would show what is above.
		return nil, errors.New("the environment of the daemon disturbs the check: unset PGSERVICE")
	}
	cfg.Host, cfg.Port = t.Addr.String(), t.Port
	cfg.User, cfg.Password, cfg.Database = t.Login, string(t.Passwd), t.sqlDatabase()
	cfg.RuntimeParams = map[string]string{}
	// Under TLS where the server offers it, else in clear, as libpq.
	cfg.TLSConfig = anyCertificate(t.Addr.String())
	cfg.Fallbacks = []*pgconn.FallbackConfig{{Host: cfg.Host, Port: cfg.Port}}
	cfg.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	return cfg, nil
}

func pgsqlRows(ctx context.Context, t Target, dial Dial, statement string) (rows int64, err error) {
	cfg, err := pgsqlConfig(t)
	if err != nil {
		return 0, err
	}
	// The library closes a connection that failed in a goroutine of its own, which
	// opens another one for that, maybe when the check is over.
	connections := &connections{ctx: ctx, dial: dial}
	defer connections.close()
	cfg.DialFunc = func(_ context.Context, network, address string) (net.Conn, error) {
		return connections.open(network, address)
	}
	conn, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return 0, pgsqlCause(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	results, err := conn.Exec(ctx, statement).ReadAll()
	for _, result := range results {
		rows += result.CommandTag.RowsAffected()
	}
	return rows, err
}

// pgsqlCause leaves out what the library puts around an error: the host, the
// user and the database are known.
func pgsqlCause(err error) error {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		return answer
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) && connect.Unwrap() != nil {
		return connect.Unwrap()
	}
	return err
}
