// Package packages tests our RPMs in a root directory of their own: what they
// ask for and bring, how they take the place of the originals, and that the
// how-to can be played with what they install.
package packages
