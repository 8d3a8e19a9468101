using System.Reflection;
using System.Runtime.ExceptionServices;
using Cluster.Client;

namespace Cluster.Lab.Tests.Workloads;

/// <summary>
/// A client whose process a test can end. Every further call then fails as for a lost process. It implements all
/// members of <see cref="IIpcClient"/>, also of kinds that are added later.
/// </summary>
public class MortalClient : DispatchProxy
{
    private IIpcClient? _client;
    private volatile bool _isDead;

    /// <summary>A mortal client around another one.</summary>
    public static IIpcClient Around(IIpcClient client)
    {
        var mortal = Create<IIpcClient, MortalClient>();
        ((MortalClient)mortal)._client = client;
        return mortal;
    }

    /// <summary>Ends the process of a mortal client.</summary>
    public static async Task DieAsync(IIpcClient mortal)
    {
        var self = (MortalClient)mortal;
        self._isDead = true;
        await self._client!.DisposeAsync();
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        // A property that is an interface leads to calls: the objects of a kind, the namespace.
        if (_isDead && targetMethod!.IsSpecialName && targetMethod.ReturnType.IsInterface)
            throw new IpcSessionLostException("call", "made to die");
        try
        {
            return targetMethod!.Invoke(_client, args);
        }
        catch (TargetInvocationException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerException!);
            throw;
        }
    }
}
