using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace Pagewise.Architecture.Tests.Metadata;

/// <summary>
/// Reads a signature: each type that it names is added to <see cref="Types"/>, and the value says
/// whether a pointer is among them.
/// </summary>
internal sealed class SignatureTypes(TypeNames names) : ISignatureTypeProvider<bool, object?>
{
    /// <summary>The types named so far.</summary>
    public List<TypeName> Types { get; } = [];

    public bool GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => Note(names.Of(handle));

    public bool GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => Note(names.Of(handle));

    public bool GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    public bool GetPrimitiveType(PrimitiveTypeCode typeCode) => false;

    public bool GetPointerType(bool elementType) => true;

    public bool GetFunctionPointerType(MethodSignature<bool> signature) => true;

    public bool GetSZArrayType(bool elementType) => elementType;

    public bool GetArrayType(bool elementType, ArrayShape shape) => elementType;

    public bool GetByReferenceType(bool elementType) => elementType;

    public bool GetPinnedType(bool elementType) => elementType;

    public bool GetModifiedType(bool modifier, bool unmodifiedType, bool isRequired) => unmodifiedType;

    public bool GetGenericInstantiation(bool genericType, ImmutableArray<bool> typeArguments) => genericType || typeArguments.Contains(true);

    public bool GetGenericMethodParameter(object? genericContext, int index) => false;

    public bool GetGenericTypeParameter(object? genericContext, int index) => false;

    private bool Note(TypeName type)
    {
        Types.Add(type);
        return false;
    }
}
