namespace Cluster.Client;

/// <summary>Clients without a cluster: for unit tests of services that use one.</summary>
public static class InMemoryIpcClient
{
    extension(IpcClient)
    {
        /// <summary>
        /// A client whose kernel is in this process. It is a process of the kernel as any other: what one client sends
        /// another receives, and what it holds with SEM_UNDO is given back when it is disposed of.
        /// </summary>
        /// <example>
        /// <code>
        /// var kernel = new InMemoryKernel();
        /// await using var one = IpcClient.CreateInMemory(kernel);
        /// await using var two = IpcClient.CreateInMemory(kernel);
        /// </code>
        /// </example>
        /// <param name="kernel">Shared with other clients; null: a kernel of the client's own, which ends with
        /// it.</param>
        /// <param name="options">
        /// As for a cluster. Addresses have no meaning, and the clock is the kernel's. The default lease is a day, so that
        /// a test may advance its clock in one step.
        /// </param>
        public static IpcClient CreateInMemory(InMemoryKernel? kernel = null, IpcClientOptions? options = null)
        {
            var shared = kernel ?? new InMemoryKernel(options?.TimeProvider);
            var given = options ?? new IpcClientOptions();
            var lease = given.Lease == new IpcClientOptions().Lease ? TimeSpan.FromDays(1) : given.Lease;
            var chosen = given with { TimeProvider = shared.Time, Lease = lease };
            return IpcClient.Create(new InMemoryTransport(shared, ownsKernel: kernel is null), chosen);
        }
    }
}
