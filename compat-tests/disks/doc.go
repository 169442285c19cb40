// Package disks has the scripts LVM and Raid1 of resource.d bring up real volumes
// and arrays on loop devices, in a kernel that has them: the originals and ours.
package disks
