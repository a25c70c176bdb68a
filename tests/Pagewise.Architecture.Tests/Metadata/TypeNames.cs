using System.Reflection.Metadata;

namespace Pagewise.Architecture.Tests.Metadata;

/// <summary>Finds the names behind type handles of one assembly.</summary>
internal sealed class TypeNames(MetadataReader reader)
{
    private readonly string _assembly = reader.GetString(reader.GetAssemblyDefinition().Name);

    public TypeName Of(TypeDefinitionHandle handle)
    {
        TypeDefinition type = reader.GetTypeDefinition(handle);
        while (!type.GetDeclaringType().IsNil)
            type = reader.GetTypeDefinition(type.GetDeclaringType());
        return new TypeName(_assembly, reader.GetString(type.Namespace), reader.GetString(type.Name));
    }

    public TypeName Of(TypeReferenceHandle handle)
    {
        TypeReference type = reader.GetTypeReference(handle);
        while (type.ResolutionScope.Kind == HandleKind.TypeReference)
            type = reader.GetTypeReference((TypeReferenceHandle)type.ResolutionScope);
        string assembly = type.ResolutionScope.Kind == HandleKind.AssemblyReference
            ? reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name)
            : _assembly;
        return new TypeName(assembly, reader.GetString(type.Namespace), reader.GetString(type.Name));
    }
}
