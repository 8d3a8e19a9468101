using System.Runtime.CompilerServices;

// The writer is tested against a connection that fails on demand.
[assembly: InternalsVisibleTo("Cluster.Actors.Tests")]
