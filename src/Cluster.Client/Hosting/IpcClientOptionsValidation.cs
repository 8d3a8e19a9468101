using Microsoft.Extensions.Options;

namespace Cluster.Client;

/// <summary>Says which option is wrong when a host starts, rather than at the first call.</summary>
internal sealed class IpcClientOptionsValidation : IValidateOptions<IpcClientOptions>
{
    public ValidateOptionsResult Validate(string? name, IpcClientOptions options)
    {
        try
        {
            options.Validate();
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentException exception)
        {
            return ValidateOptionsResult.Fail(exception.Message);
        }
    }
}
