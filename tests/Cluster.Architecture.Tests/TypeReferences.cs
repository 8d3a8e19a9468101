using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Cluster.Architecture.Tests;

/// <summary>
/// Which types of a project use which others, from the compiled code: signatures, attributes and bodies of methods. The
/// compiler replaces constants by their values, so the use of a constant alone does not show.
/// </summary>
public static class TypeReferences
{
    /// <summary>A type and the folder that its namespace names.</summary>
    /// <param name="Name">The full name.</param>
    /// <param name="Folder">The path below the project; ".": the project's own folder.</param>
    public sealed record Place(string Name, string Folder);

    /// <summary>Each pair of types of which the first uses the second.</summary>
    public static IEnumerable<(Place From, Place To)> Of(string assembly, string project)
    {
        using var module = ModuleDefinition.ReadModule(assembly);
        var pairs = new HashSet<(Place From, Place To)>();
        foreach (var type in module.Types)
        {
            if (PlaceOf(type, project) is not { } from) continue;
            pairs.Add((from, from));
            foreach (var used in Used(type))
            {
                if (used.Scope == module && PlaceOf(used, project) is { } to && to != from) pairs.Add((from, to));
            }
        }

        return pairs;
    }

    /// <summary>Each folder with a type in it, and the folders around it.</summary>
    public static IReadOnlySet<string> FoldersOf(string assembly, string project)
    {
        var folders = new HashSet<string>();
        foreach (var (from, _) in Of(assembly, project))
        {
            for (var folder = from.Folder; folder.Length > 0; folder = folder[..Math.Max(0, folder.LastIndexOf('/'))])
                folders.Add(folder);
        }

        return folders;
    }

    private static Place? PlaceOf(TypeReference type, string project)
    {
        while (type.DeclaringType is { } outer) type = outer;
        if (type.Namespace == project) return new Place(type.FullName, ".");
        return type.Namespace.StartsWith(project + ".", StringComparison.Ordinal)
            ? new Place(type.FullName, type.Namespace[(project.Length + 1)..].Replace('.', '/'))
            : null;
    }

    private static IEnumerable<TypeReference> Used(TypeDefinition type)
    {
        IEnumerable<TypeReference?> used =
        [
            type.BaseType,
            .. type.Interfaces.Select(each => each.InterfaceType),
            .. type.GenericParameters.SelectMany(each => each.Constraints).Select(each => each.ConstraintType),
            .. type.Fields.Select(field => field.FieldType),
            .. Attributes(type), .. type.Fields.SelectMany(Attributes), .. type.Properties.SelectMany(Attributes),
            .. type.Methods.SelectMany(Used),
        ];
        return used.SelectMany(Parts).Concat(type.NestedTypes.SelectMany(Used));
    }

    private static IEnumerable<TypeReference?> Used(MethodDefinition method)
    {
        IEnumerable<TypeReference?> signature =
        [
            method.ReturnType,
            .. method.Parameters.Select(parameter => parameter.ParameterType),
            .. method.GenericParameters.SelectMany(each => each.Constraints).Select(each => each.ConstraintType),
            .. Attributes(method),
        ];
        if (!method.HasBody) return signature;
        return signature
            .Concat(method.Body.Variables.Select(variable => variable.VariableType))
            .Concat(method.Body.ExceptionHandlers.Select(handler => handler.CatchType))
            .Concat(method.Body.Instructions.SelectMany(Used));
    }

    private static IEnumerable<TypeReference?> Used(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        MethodReference method =>
        [
            method.DeclaringType, method.ReturnType, .. method.Parameters.Select(parameter => parameter.ParameterType),
            .. (method as GenericInstanceMethod)?.GenericArguments ?? [],
        ],
        _ => [],
    };

    private static IEnumerable<TypeReference?> Attributes(ICustomAttributeProvider of) =>
        of.CustomAttributes.Select(attribute => attribute.AttributeType);

    // A generic type, an array or a pointer is made of others.
    private static IEnumerable<TypeReference> Parts(TypeReference? type) => type switch
    {
        null or GenericParameter => [],
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Prepend(generic.ElementType),
        TypeSpecification specified => Parts(specified.ElementType),
        _ => [type],
    };
}
