package check

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// sqlCheck is service=mysql, pgsql and oracle: up is a server on which the statement in
// request returns or changes a row. It is run once.
type sqlCheck struct {
	target Target
	dial   Dial
	// rows runs a statement and returns how many rows it returned or changed.
	rows func(ctx context.Context, t Target, dial Dial, statement string) (int64, error)
}

// errSQLNeeds is the original's complaint, which it writes in every round.
var errSQLNeeds = errors.New("login and request must be given")

func (t Target) sqlStatement() string { return strings.TrimPrefix(t.Request, "/") }

func (c *sqlCheck) Run(ctx context.Context) Result {
	switch {
	case c.target.Port == 0:
		return down("", errNoPort)
	case c.target.Login == "" || c.target.sqlStatement() == "":
		return c.target.failed("", errSQLNeeds)
	}
	ctx, cancel := within(ctx, c.target.Timeout)
	defer cancel()
	rows, err := c.rows(ctx, c.target, c.dial, c.target.sqlStatement())
	if err == nil && rows <= 0 {
		err = fmt.Errorf("%q returned no rows", c.target.sqlStatement())
	}
	if err != nil {
		if expired(ctx) {
			// Libraries word the end of the connection in their own way.
			err = errTimeout
		}
		return c.target.failed("", err)
	}
	return Result{Up: true}
}

// sqlDatabase is the one to log in to, the login's if none is given, as libpq does.
func (t Target) sqlDatabase() string {
	if t.Database == "" && t.Service == "pgsql" {
		return t.Login
	}
	return t.Database
}

// sqlDoubt warns of a check that cannot pass.
func sqlDoubt(t Target) (text, meant string) {
	if t.Login == "" || t.sqlStatement() == "" {
		return "service=" + t.Service + " without login and request is always down", "set both"
	}
	return "", ""
}
