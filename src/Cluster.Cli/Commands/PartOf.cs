using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>A call that the tool makes for the sake of another one.</summary>
internal static class PartOf
{
    /// <summary>
    /// Awaits a step of a call. If there is no object, it is the call that has failed: the user did not ask for the
    /// step, and need not know of it.
    /// </summary>
    /// <param name="call">What the user asked for: "msgctl(IPC_SET)".</param>
    /// <param name="step">The step.</param>
    /// <exception cref="IpcException">As the step's, with the call's name: EINVAL, EIDRM.</exception>
    public static async Task<T> CallAsync<T>(string call, Task<T> step)
    {
        try
        {
            return await step;
        }
        catch (IpcException exception) when (exception.Errno is Errno.EINVAL or Errno.EIDRM)
        {
            throw new IpcException(exception.Errno, call);
        }
    }
}
