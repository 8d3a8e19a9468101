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
        /// As for a cluster. Addresses are of no meaning, and the clock is the kernel's.
        /// </param>
        public static IpcClient CreateInMemory(InMemoryKernel? kernel = null, IpcClientOptions? options = null)
        {
            var shared = kernel ?? new InMemoryKernel(options?.TimeProvider);
            var chosen = (options ?? new IpcClientOptions()) with { TimeProvider = shared.Time };
            return IpcClient.Create(new InMemoryTransport(shared, ownsKernel: kernel is null), chosen);
        }
    }
}
