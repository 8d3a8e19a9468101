namespace Cluster.Client.Tests.Client;

internal static class Guard
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>What never completes fails the test rather than hang it.</summary>
    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Patience);

    /// <inheritdoc cref="Soon{T}"/>
    public static Task Soon(this Task task) => task.WaitAsync(Patience);
}
