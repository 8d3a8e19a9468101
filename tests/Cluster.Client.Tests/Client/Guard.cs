namespace Cluster.Client.Tests.Client;

internal static class Guard
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>A task that never completes fails the test instead of hanging it.</summary>
    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Patience);

    /// <summary>A task that never completes fails the test instead of hanging it.</summary>
    public static Task Soon(this Task task) => task.WaitAsync(Patience);
}
