/// The interface's description for programs (OpenAPI 3.1).
enum OpenAPI {
  static func document(_ configuration: ServeConfiguration) -> String {
    """
    {
      "openapi": "3.1.0",
      "info": {
        "title": "fovea serve",
        "version": "1",
        "description": "Classifies images and shows where the network looked. At most \(configuration.imagesPerRequest) images and \(configuration.bodyBytes) bytes a request."
      },
      "paths": {
        "/api/classify": {
          "post": {
            "operationId": "classify",
            "parameters": [
              {"name": "top", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 5}, "description": "How many of the likeliest classes to name."},
              {"name": "overlays", "in": "query", "schema": {"type": "string", "enum": ["true", "false"], "default": "true"}, "description": "Whether to draw each map over the image, as a JPEG in a data URL."},
              {"name": "maps", "in": "query", "schema": {"type": "string", "enum": ["true", "false"], "default": "false"}, "description": "Whether to give the maps' values."},
              {"name": "side", "in": "query", "schema": {"type": "integer", "minimum": 32, "maximum": 1024, "default": 320}, "description": "The longer side of the overlays, in pixels."}
            ],
            "requestBody": {
              "required": true,
              "content": {
                "image/png": {"schema": {"type": "string", "format": "binary"}},
                "image/jpeg": {"schema": {"type": "string", "format": "binary"}},
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
                "multipart/form-data": {"schema": {"type": "object", "properties": {"image": {"type": "array", "items": {"type": "string", "format": "binary"}}}}}
              }
            },
            "responses": {
              "200": {"description": "What became of each image, in their order.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}},
              "400": {"$ref": "#/components/responses/Refusal"},
              "403": {"$ref": "#/components/responses/Refusal"},
              "408": {"$ref": "#/components/responses/Refusal"},
              "413": {"$ref": "#/components/responses/Refusal"},
              "415": {"$ref": "#/components/responses/Refusal"},
              "421": {"$ref": "#/components/responses/Refusal"},
              "422": {"$ref": "#/components/responses/Refusal"},
              "503": {"$ref": "#/components/responses/Refusal"}
            }
          }
        },
        "/api/model": {"get": {"operationId": "model", "responses": {"200": {"description": "The model's name, classes, input and blocks.", "content": {"application/json": {"schema": {"type": "object"}}}}}}},
        "/api/runs": {"get": {"operationId": "runs", "responses": {"200": {"description": "The runs of --runs, with their epochs.", "content": {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}}}, "404": {"$ref": "#/components/responses/Refusal"}}}},
        "/api/health": {"get": {"operationId": "health", "responses": {"200": {"description": "The server answers.", "content": {"application/json": {"schema": {"type": "object"}}}}}}}
      },
      "components": {
        "responses": {
          "Refusal": {"description": "Why the request was not answered.", "content": {"application/json": {"schema": {"type": "object", "required": ["error", "status"], "properties": {"error": {"type": "string"}, "status": {"type": "integer"}}}}}}
        },
        "schemas": {
          "Answer": {"type": "object", "required": ["images"], "properties": {"images": {"type": "array", "items": {"$ref": "#/components/schemas/Image"}}}},
          "Image": {
            "type": "object",
            "required": ["name", "predictions", "maps"],
            "properties": {
              "name": {"type": "string"},
              "error": {"type": "string", "description": "Why this image could not be read; then there is nothing else."},
              "width": {"type": "integer"},
              "height": {"type": "integer"},
              "predictions": {"type": "array", "items": {"type": "object", "required": ["label", "probability", "logit"], "properties": {"label": {"type": "string"}, "probability": {"type": "number"}, "logit": {"type": "number"}}}},
              "maps": {"type": "array", "items": {"$ref": "#/components/schemas/Map"}}
            }
          },
          "Map": {
            "type": "object",
            "required": ["block"],
            "properties": {
              "block": {"type": "string", "description": "An attention block, or grad-cam."},
              "width": {"type": "integer"},
              "height": {"type": "integer"},
              "least": {"type": "number"},
              "mean": {"type": "number"},
              "most": {"type": "number"},
              "overlay": {"type": "string", "description": "A JPEG in a data URL."},
              "values": {"type": "array", "items": {"type": "number"}, "description": "Row by row from the top left."},
              "channels": {"type": "object", "properties": {"count": {"type": "integer"}, "least": {"type": "number"}, "mean": {"type": "number"}, "most": {"type": "number"}}}
            }
          }
        }
      }
    }
    """
  }
}
